import { createHash } from "node:crypto";
import { link, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../bytes/sync-folder.ts";
import { DaqError, systemCode, writeError } from "../model/errors.ts";

const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);

/** File systems without hard links (exFAT, some network shares) say so in many ways. */
const withoutLinks: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"];

/**
 * A hidden folder beside OUT in which the files get their final names, and from which they move out when all of them are
 * complete. A process that is killed leaves it; the next conversion to the same OUT removes it.
 */
export class WorkFolder {
  readonly path: string;
  readonly #target: string;

  private constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
  }

  /** Throws `DaqError("path")` where there is no folder for `out`, or it may not be written to. */
  static async make(out: string): Promise<WorkFolder> {
    const target = dirname(out);
    const start = `.${basename(out)}.converting-${host}-`;
    try {
      for (const name of await readdir(target))
        if (name.startsWith(start) && !isAlive(Number(name.slice(start.length))))
          await rm(join(target, name), { recursive: true, force: true });
      const path = join(target, `${start}${process.pid}`);
      await mkdir(path);
      return new WorkFolder(path, target);
    } catch (cause) {
      throw makeError(target, out, cause);
    }
  }

  /** Moves files and folders out of it, none over one that exists: all of them, or none. */
  async publish(names: readonly string[]): Promise<void> {
    const placed: string[] = [];
    try {
      for (const name of names) {
        await place(join(this.path, name), join(this.#target, name));
        placed.push(join(this.#target, name));
      }
      await syncFolder(this.#target);
    } catch (error) {
      for (const path of placed) await rm(path, { recursive: true, force: true });
      throw error;
    }
    await this.remove();
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function place(from: string, to: string): Promise<void> {
  try {
    if (!(await stat(from)).isDirectory()) return await link(from, to);
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") throw existing(to, cause);
    if (!withoutLinks.includes(systemCode(cause) ?? "")) throw writeError(to, cause);
  }
  await refuseExisting(to);
  try {
    await rename(from, to);
  } catch (cause) {
    throw writeError(to, cause);
  }
}

/** Throws `DaqError("path")` when something is there. */
export async function refuseExisting(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return;
    throw new DaqError("path", `${path} cannot be used: ${(cause as Error).message}.`, {
      hint: "Check the path.",
      cause,
    });
  }
  throw existing(path, undefined);
}

function existing(path: string, cause: unknown): DaqError {
  return new DaqError("path", `${path} exists already; what exists is never overwritten.`, {
    hint: "Choose another name for OUT, or move it away.",
    cause,
  });
}

function makeError(folder: string, out: string, cause: unknown): DaqError {
  switch (systemCode(cause)) {
    case "ENOENT":
    case "ENOTDIR":
      return new DaqError("path", `${out}: there is no folder ${folder}.`, { hint: "Make it first.", cause });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DaqError("path", `${out} cannot be made: ${folder} may not be written to.`, {
        hint: "Choose another folder for OUT, or get the permission to write there.",
        cause,
      });
    default:
      return writeError(out, cause);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
