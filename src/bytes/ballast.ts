import { rm, writeFile } from "node:fs/promises";
import { writeError } from "../model/errors.ts";

/** Enough for the footers, sidecars and the index of a run with many streams. */
const ballastBytes = 256 * 1024;

/**
 * Space set aside beside the data. When the disk is full it is given back, so that the files can still be finished
 * and the ledger written down.
 */
export class Ballast {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async fill(): Promise<void> {
    // Not zeros: a file system that compresses would keep nothing for them.
    const filler = Buffer.alloc(ballastBytes, "space kept free for the end of the run\n");
    try {
      await writeFile(this.#path, filler);
    } catch (error) {
      throw writeError(this.#path, error);
    }
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
