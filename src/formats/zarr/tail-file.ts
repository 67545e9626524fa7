import { readFile } from "node:fs/promises";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import { DaqError, systemCode } from "../../model/errors.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import type { RunFolder } from "./run-folder.ts";

/*
 * .rows-<prefix><block>: the rows of a chunk that is not full, of several arrays whose chunks have the same records. Each
 * checkpoint appends a section:
 *
 *   0        4        8         16
 *   ├────────┼────────┼─────────┼───────────────────────┬───────────────────────┬──
 *   │ "DAQr" │ rows   │ bytes   │ rows of the 1st array │ rows of the 2nd array │ …
 *   └────────┴────────┴─────────┴───────────────────────┴───────────────────────┴──
 *     u32      u32 LE   u64 LE, of all arrays
 */
const magic = 0x72_51_41_44;
const headerBytes = 16;

/** Rows by array; `bytes`: how much of the file of their block they are, absent where there is none. */
export type SavedRows = { readonly arrays: readonly Uint8Array[]; readonly bytes?: number };

/** The rows that wait for their chunk to become full, of arrays whose chunks have the same records. */
export class TailFile {
  readonly #folder: RunFolder;
  readonly #group: string;
  readonly #prefix: string;
  readonly #itemBytes: readonly number[];
  #open: { readonly block: number; readonly sink: ByteSink } | undefined;
  /** Blocks of the files of the last two checkpoints: the recorder may go back to the one before the last. */
  #kept: readonly number[] = [];
  #rows = 0;

  /** `name` tells several of one group apart. */
  constructor(folder: RunFolder, group: string, name: string, itemBytes: readonly number[]) {
    this.#folder = folder;
    this.#group = group;
    this.#prefix = `.rows-${name}-`;
    this.#itemBytes = itemBytes;
  }

  /** Rows of this block that are in the file. */
  rowsOf(block: number): number {
    return this.#open?.block === block ? this.#rows : 0;
  }

  /** Adds `rows` rows of each array to those of a block; no file is needed for a block that has none. */
  async append(block: number, rows: number, arrays: readonly Uint8Array[]): Promise<void> {
    await this.#keepFrom(block);
    if (rows === 0) return;
    const sink = await this.#sinkOf(block);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(magic, 0);
    header.writeUInt32LE(rows, 4);
    header.writeBigUInt64LE(BigInt(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0)), 8);
    await sink.writeAll([header, ...arrays]);
    this.#rows += rows;
  }

  async flush(): Promise<void> {
    if (this.#folder.isDurable) await this.#open?.sink.flush();
  }

  /** Files that neither this checkpoint nor the one before it needs are removed. */
  async #keepFrom(block: number): Promise<void> {
    if (this.#kept.at(-1) === block) return;
    for (const old of this.#kept.slice(0, -1)) await this.#folder.remove(this.#key(old));
    this.#kept = [...this.#kept.slice(-1), block];
  }

  async #sinkOf(block: number): Promise<ByteSink> {
    if (this.#open?.block === block) return this.#open.sink;
    await this.release();
    const sink = await this.#folder.open(this.#key(block));
    this.#open = { block, sink };
    this.#rows = 0;
    return sink;
  }

  /**
   * The first `rows` rows of a block, by array, out of the file as a checkpoint left it; undefined where it is not there.
   * Throws `DaqError("format")` when it has not so many.
   */
  async read(block: number, rows: number): Promise<SavedRows | undefined> {
    const path = this.#folder.pathOf(this.#key(block));
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (cause) {
      if (systemCode(cause) === "ENOENT") return undefined;
      throw new DaqError("io", `Reading ${path} failed: ${(cause as Error).message}`, { cause });
    }
    const parts = this.#itemBytes.map((): Uint8Array[] => []);
    let found = 0;
    let at = 0;
    while (found < rows) {
      const sectionRows = at + headerBytes <= bytes.byteLength ? bytes.readUInt32LE(at + 4) : 0;
      const length = sectionRows * this.#itemBytes.reduce((sum, size) => sum + size, 0);
      const isWhole =
        sectionRows > 0 &&
        bytes.readUInt32LE(at) === magic &&
        bytes.readBigUInt64LE(at + 8) === BigInt(length) &&
        at + headerBytes + length <= bytes.byteLength;
      if (!isWhole || found + sectionRows > rows) throw this.#damaged(path, found, rows);
      let from = at + headerBytes;
      for (const [index, size] of this.#itemBytes.entries()) {
        parts[index]!.push(bytes.subarray(from, from + sectionRows * size));
        from += sectionRows * size;
      }
      found += sectionRows;
      at = from;
    }
    return { arrays: parts.map((pieces) => new Uint8Array(Buffer.concat(pieces))), bytes: at };
  }

  #damaged(path: string, found: number, rows: number): DaqError {
    return new DaqError(
      "format",
      `${path} has ${found} records of a chunk, where a checkpoint left ${rows}.`,
      {
        hint: "Something else cut or changed the file. What is in whole chunks can still be read.",
      },
    );
  }

  /** Goes on behind these rows of a block, in the file that `read` found, or in a new one. */
  async restore(block: number, rows: number, { arrays, bytes }: SavedRows): Promise<void> {
    await this.release();
    this.#kept = rows > 0 ? [block] : [];
    if (rows > 0 && bytes !== undefined) {
      this.#open = { block, sink: await this.#folder.open(this.#key(block), { resumeAtBytes: bytes }) };
      this.#rows = rows;
      return;
    }
    // Under another name until it is whole: the one that is there is what a crash now would go back to.
    if (rows > 0) {
      const sink = await this.#folder.open(`${this.#key(block)}.new`);
      this.#open = { block, sink };
      this.#rows = 0;
      await this.append(block, rows, arrays);
      await this.flush();
      await this.#folder.rename(`${this.#key(block)}.new`, this.#key(block));
    }
  }

  /** Removes the files of other blocks than that of the last `append` or `restore`. */
  async removeOthers(): Promise<void> {
    const kept = this.#open === undefined ? undefined : `${this.#prefix}${this.#open.block}`;
    for (const name of await this.#folder.names(this.#group))
      if (name.startsWith(this.#prefix) && name !== kept) await this.#folder.remove(keyIn(this.#group, name));
  }

  /** As the last thing: everything is in chunks. */
  async remove(): Promise<void> {
    await this.release();
    await this.removeOthers();
  }

  async release(): Promise<void> {
    await this.#open?.sink.close();
    this.#open = undefined;
  }

  #key(block: number): string {
    return keyIn(this.#group, `${this.#prefix}${block}`);
  }
}
