import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DaqError, systemCode, writeError } from "../../model/errors.ts";

/** A folder of a deep hierarchy is asked for again and again; more than these are made again, which costs a call each. */
const maxKnown = 4096;

/** Makes folders, and remembers which are there. */
export class KnownFolders {
  readonly #known = new Map<string, Promise<void>>();
  readonly #made: (folder: string) => Promise<void>;

  /** `made` is called with the parent of every folder that was made. */
  constructor(made: (parent: string) => Promise<void>) {
    this.#made = made;
  }

  ensure(folder: string): Promise<void> {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    if (this.#known.size >= maxKnown) this.#known.clear();
    const making = this.#make(folder).catch((error: unknown) => {
      this.#known.delete(folder);
      throw named(folder, error);
    });
    this.#known.set(folder, making);
    return making;
  }

  /** After somebody else removed folders. */
  forget(): void {
    this.#known.clear();
  }

  /** One level after the other: Node's own `recursive` never ends where a folder exists in which none can be made (/proc). */
  async #make(folder: string): Promise<void> {
    for (let isSecond = false; ; isSecond = true) {
      try {
        await mkdir(folder);
        await this.#made(dirname(folder));
        return;
      } catch (error) {
        const code = systemCode(error);
        if (code === "EEXIST") return; // Should it be a file, then opening one below it says so.
        const parent = dirname(folder);
        if (code !== "ENOENT" || isSecond || parent === folder) throw error;
        await this.ensure(parent);
      }
    }
  }
}

function named(folder: string, error: unknown): DaqError {
  if (error instanceof DaqError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return writeError(folder, error);
  const why = code === "ENOTDIR" ? "a file is in the way" : (error as Error).message;
  return new DaqError("path", `The folder ${folder} cannot be made: ${why}.`, {
    hint: "Check the path, and that you may write there.",
    cause: error,
  });
}
