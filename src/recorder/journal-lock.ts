import { type FileHandle, open, stat } from "node:fs/promises";
import { DaqError, systemCode } from "../model/errors.ts";
import { tryLock } from "../ring/posix.ts";

/**
 * Opens a journal and takes its lock, which ends with the process, however that ends. Who writes a run's files holds it.
 * Undefined when there is no such file (any more). Throws `DaqError("path")` when another one has the lock.
 */
export async function openLocked(path: string): Promise<FileHandle | undefined> {
  for (;;) {
    let handle: FileHandle;
    try {
      handle = await open(path, "r+");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw new DaqError("path", `${path} cannot be opened: ${(error as Error).message}.`, {
        hint: "A run is written and recovered by the user who recorded it.",
        cause: error,
      });
    }
    await lockHandle(handle, path);
    if (await isStillAt(handle, path)) return handle;
    await handle.close();
  }
}

/** Takes the lock of an open journal; closes it and throws `DaqError("path")` when another one has it. */
export async function lockHandle(handle: FileHandle, path: string): Promise<void> {
  if (tryLock(handle.fd)) return;
  await handle.close();
  throw new DaqError("path", `Another process is writing the files of ${path}.`, {
    hint: "The run goes on, or is being recovered: wait for that to end.",
  });
}

/**
 * False when the path was removed or given to another file between opening and locking: the lock belongs to the file,
 * not to its name, so such a lock keeps nobody away.
 */
export async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const own = await handle.stat({ bigint: true });
  try {
    const named = await stat(path, { bigint: true });
    return named.ino === own.ino && named.dev === own.dev;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Holds the lock of a journal while `work` changes the files of its run. Throws `DaqError("path")` when somebody else
 * does, or when the journal is gone.
 */
export async function whileLocked<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const handle = await openLocked(path);
  if (handle === undefined)
    throw new DaqError("path", `${path} is gone: another process has just finished this run.`, {
      hint: "See its index, `….run.json`, with `daq inspect`.",
    });
  try {
    return await work();
  } finally {
    await handle.close();
  }
}
