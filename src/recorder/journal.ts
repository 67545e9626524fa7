import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { syncFolder } from "../bytes/sync-folder.ts";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import { toJson } from "../model/metadata.ts";
import { tryLock } from "../ring/posix.ts";
import {
  type CheckpointLine,
  type JournalContent,
  type JournalHead,
  joined,
  readJournal,
  writtenHead,
} from "./journal-lines.ts";
import { isStillAt, lockHandle, openLocked } from "./journal-lock.ts";
import { journalPath } from "./recorder-options.ts";

/** The journal grows by so much between two rewritings, or by as much as the last one left when that is more. */
const rewriteBytes = 16 * 2 ** 20;

/**
 * The journal of a run: a line when it starts, a line at each checkpoint, gone when the files are closed. It says
 * where each file is to be cut after a crash, and where in the ring to go on. Appending a line is the moment at which
 * a checkpoint counts; a torn last line counts as not written.
 *
 * Now and then it is written anew, with its head and one line that says the same as all before. The new file is locked
 * before it takes the old one's name, so at every moment the file of that name is whole and locked.
 */
export class Journal {
  readonly path: string;
  readonly #head: JournalHead;
  readonly #rewriteBytes: number;
  #handle: FileHandle;
  #last: CheckpointLine | undefined;
  #positionBytes = 0;
  #rewriteAtBytes: number;

  private constructor(
    head: JournalHead,
    handle: FileHandle,
    last: CheckpointLine | undefined,
    growthBytes: number,
  ) {
    this.path = journalPath(head.options.indexPath);
    this.#head = head;
    this.#handle = handle;
    this.#last = last;
    this.#rewriteBytes = growthBytes;
    this.#rewriteAtBytes = growthBytes;
  }

  /** Makes it and takes its lock. Throws `DaqError("path")` when it exists. */
  static async create(head: JournalHead, growthBytes = rewriteBytes): Promise<Journal> {
    const path = journalPath(head.options.indexPath);
    const handle = await createLocked(path);
    const journal = new Journal(head, handle, undefined, growthBytes);
    await journal.#append(writtenHead(head));
    return journal;
  }

  /**
   * Takes the lock of the journal that is there, reads it, and cuts off what does not count; undefined when there is
   * none. Throws `DaqError("path")` when another process has it, `("format")` when it is not a journal.
   */
  static async reopen(
    indexPath: string,
    growthBytes = rewriteBytes,
  ): Promise<{ readonly journal: Journal; readonly content: JournalContent } | undefined> {
    const path = journalPath(indexPath);
    const handle = await openLocked(path);
    if (handle === undefined) return undefined;
    try {
      if ((await handle.stat()).size === 0) throw existsAlready(path);
      const content = await readJournal(path);
      if (content === undefined) throw new DaqError("path", `${path} was removed while it was read.`);
      await handle.truncate(content.bytes);
      const last = content.last === undefined ? undefined : joined(undefined, content.last);
      const journal = new Journal(content.head, handle, last, growthBytes);
      journal.#positionBytes = content.bytes;
      return { journal, content };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get #power(): boolean {
    return this.#head.options.durability === "power";
  }

  async append(line: CheckpointLine): Promise<void> {
    await this.#append(line);
    this.#last = joined(this.#last, line);
    if (this.#positionBytes >= this.#rewriteAtBytes) await this.#rewrite();
  }

  async #append(value: unknown): Promise<void> {
    const bytes = Buffer.from(`${toJson(value)}\n`);
    try {
      await writeAll(this.#handle, bytes, this.#positionBytes);
      if (this.#power) await this.#handle.datasync();
      this.#positionBytes += bytes.byteLength;
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  /** Replaces the file by one with the head and the last line. When that cannot be done the old one goes on. */
  async #rewrite(): Promise<void> {
    const temporary = temporaryPath(this.path);
    const bytes = Buffer.from(`${toJson(writtenHead(this.#head))}\n${toJson(this.#last)}\n`);
    let handle: FileHandle | undefined;
    try {
      await rm(temporary, { force: true }); // A crash may have left one.
      handle = await open(temporary, "wx+");
      await lockHandle(handle, temporary);
      await writeAll(handle, bytes, 0);
      // Whatever the durability: after a crash of the machine the name must not stand for a file without content.
      await handle.sync();
      await rename(temporary, this.path);
    } catch {
      await handle?.close().catch(() => {});
      await rm(temporary, { force: true }).catch(() => {});
      this.#rewriteAtBytes = this.#positionBytes + this.#rewriteBytes;
      return;
    }
    const old = this.#handle;
    this.#handle = handle;
    this.#positionBytes = bytes.byteLength;
    this.#rewriteAtBytes = bytes.byteLength + Math.max(this.#rewriteBytes, bytes.byteLength);
    await old.close();
    if (this.#power)
      try {
        await syncFolder(dirname(this.path));
      } catch (error) {
        throw writeError(this.path, error);
      }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The run is in its files: the journal has done its work. The lock is kept until the name is gone. */
  async remove(): Promise<void> {
    await rm(temporaryPath(this.path), { force: true });
    await rm(this.path, { force: true });
    await this.close();
  }
}

function existsAlready(path: string, cause?: unknown): DaqError {
  return new DaqError("path", `${path} exists already: a run to this path goes on, or a crash left it.`, {
    hint: "Run `daq recover` on it, or choose another output_path.",
    cause,
  });
}

function temporaryPath(path: string): string {
  return `${path}.tmp`;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength)
    done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
}

async function createLocked(path: string): Promise<FileHandle> {
  for (;;) {
    let handle: FileHandle;
    try {
      handle = await open(path, "wx+");
    } catch (error) {
      if (systemCode(error) === "EEXIST") throw existsAlready(path, error);
      throw writeError(path, error);
    }
    // Somebody may look at it in the moment between: a recorder that wants the same name, or a `daq recover`, which
    // takes an empty journal for the trace of a crash and removes it.
    for (let tries = 0; !tryLock(handle.fd) && tries < 200; tries++) await setTimeout(5);
    await lockHandle(handle, path);
    if (await isStillAt(handle, path)) return handle;
    await handle.close();
  }
}
