import type { ChunkOutput } from "./chunk-output.ts";
import type { ChunkPlan } from "./chunk-plan.ts";
import type { GrowingDataset } from "./file/growing-dataset.ts";

/**
 * The rows of one dataset on their way into chunks. Whole chunks go from the caller's memory straight to the output; a
 * chunk that is not full waits in a buffer of `plan.chunkBytes`, and a checkpoint writes it as it is.
 */
export class ChunkedRows {
  readonly #dataset: GrowingDataset;
  readonly #output: ChunkOutput;
  readonly #plan: ChunkPlan;
  readonly #itemBytes: number;
  readonly #isFiltered: boolean;
  #rows = 0;
  /** Rows in the buffer, and how many bytes of it a checkpoint has written. */
  #openRows = 0;
  #publishedBytes = 0;
  #buffer: Uint8Array | undefined;

  constructor(
    dataset: GrowingDataset,
    output: ChunkOutput,
    plan: ChunkPlan,
    itemBytes: number,
    isFiltered: boolean,
  ) {
    this.#dataset = dataset;
    this.#output = output;
    this.#plan = plan;
    this.#itemBytes = itemBytes;
    this.#isFiltered = isFiltered;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Goes on behind `rows` rows; `open`: the chunk that was not full, as the file has it. */
  restore(rows: number, open: Uint8Array | undefined): void {
    this.#rows = rows;
    this.#openRows = rows % this.#plan.rowsPerChunk;
    if (this.#openRows === 0) return;
    if (open === undefined) throw new Error(`The last chunk of ${rows} rows is missing.`);
    this.#buffered().set(open);
    this.#publishedBytes = this.#openRows * this.#itemBytes;
  }

  /** `bytes` are `count` rows; borrowed until the promise settles. */
  async append(bytes: Uint8Array, count: number): Promise<void> {
    if (this.#plan.chunksPerRowBlock > 1) return this.#appendTiles(bytes, count);
    const { rowsPerChunk, chunkBytes } = this.#plan;
    for (let row = 0; row < count; ) {
      const from = row * this.#itemBytes;
      if (this.#openRows === 0 && count - row >= rowsPerChunk) {
        await this.#output.write(bytes.subarray(from, from + chunkBytes));
        row += rowsPerChunk;
        this.#rows += rowsPerChunk;
        continue;
      }
      const taken = Math.min(rowsPerChunk - this.#openRows, count - row);
      const piece = bytes.subarray(from, from + taken * this.#itemBytes);
      this.#buffered().set(piece, this.#openRows * this.#itemBytes);
      this.#openRows += taken;
      this.#rows += taken;
      row += taken;
      if (this.#openRows === rowsPerChunk) await this.#completeBuffer();
    }
  }

  async #completeBuffer(): Promise<void> {
    const buffer = this.#buffered();
    if (this.#publishedBytes > 0 && !this.#isFiltered) {
      await this.#dataset.setOpenChunk(buffer, this.#publishedBytes);
      this.#dataset.completeOpenChunk();
    } else await this.#output.write(buffer);
    this.#openRows = 0;
    this.#publishedBytes = 0;
  }

  /** A frame that is larger than a chunk: one after the other, the last one filled up with zeros. */
  async #appendTiles(bytes: Uint8Array, count: number): Promise<void> {
    const { chunkBytes } = this.#plan;
    for (let row = 0; row < count; row++) {
      const frame = bytes.subarray(row * this.#itemBytes, (row + 1) * this.#itemBytes);
      for (let from = 0; from < frame.byteLength; from += chunkBytes) {
        const tile = frame.subarray(from, from + chunkBytes);
        if (tile.byteLength === chunkBytes) {
          await this.#output.write(tile);
          continue;
        }
        const padded = this.#buffered();
        padded.set(tile);
        padded.fill(0, tile.byteLength);
        await this.#output.write(padded);
      }
      this.#rows++;
    }
  }

  /** Everything appended is in the file, and its rows count, when the file makes its next checkpoint. */
  async publish(): Promise<void> {
    await this.#output.settled();
    const openBytes = this.#openRows * this.#itemBytes;
    if (openBytes > this.#publishedBytes) {
      const buffer = this.#buffered();
      // What an earlier chunk left behind the rows of this one is no data of it.
      buffer.fill(0, openBytes);
      await this.#dataset.setOpenChunk(buffer, this.#publishedBytes);
      this.#publishedBytes = openBytes;
    }
    this.#dataset.setRows(this.#rows);
  }

  /** As the last thing before the file is closed: the rest goes through the filters, too. */
  async finish(): Promise<void> {
    if (this.#openRows > 0 && this.#isFiltered) {
      this.#buffered().fill(0, this.#openRows * this.#itemBytes);
      await this.#output.write(this.#buffered());
      await this.#output.settled();
      this.#openRows = 0;
      this.#publishedBytes = 0;
      this.#dataset.setRows(this.#rows);
    } else await this.publish();
  }

  /** Takes back the last `count` rows, which were whole chunks. */
  async retract(count: number): Promise<void> {
    await this.#dataset.retractChunks((count / this.#plan.rowsPerChunk) * this.#plan.chunksPerRowBlock);
    this.#rows -= count;
  }

  #buffered(): Uint8Array {
    this.#buffer ??= new Uint8Array(this.#plan.chunkBytes);
    return this.#buffer;
  }
}
