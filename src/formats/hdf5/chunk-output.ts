import type { EncodeStep } from "../../bytes/compress/codec.ts";
import type { Block, WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { GrowingDataset } from "./file/growing-dataset.ts";

/** Takes the whole chunks of one dataset, in order. */
export interface ChunkOutput {
  /** The chunk is borrowed until the promise settles. Rejects when this chunk or one before it was not written. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when every chunk so far is in the file. */
  settled(): Promise<void>;
}

/** Writes chunks as they are. */
export class PlainChunks implements ChunkOutput {
  readonly #dataset: GrowingDataset;

  constructor(dataset: GrowingDataset) {
    this.#dataset = dataset;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#dataset.appendChunk([chunk]);
  }

  async settled(): Promise<void> {}
}

/** Sends chunks through the pool's workers and writes what comes back, in order. Memory is bounded by the pool's. */
export class EncodedChunks implements ChunkOutput {
  readonly #dataset: GrowingDataset;
  readonly #pool: WorkerPool;
  readonly #steps: readonly EncodeStep[];
  /** All bits of the filters set: this chunk went through none of them. */
  readonly #rawMask: number;
  #tail: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;

  constructor(dataset: GrowingDataset, pool: WorkerPool, steps: readonly EncodeStep[], filterCount: number) {
    this.#dataset = dataset;
    this.#pool = pool;
    this.#steps = steps;
    this.#rawMask = 2 ** filterCount - 1;
  }

  /** Resolves when the chunk is copied. */
  async write(chunk: Uint8Array): Promise<void> {
    const block = await this.stage(chunk);
    this.start(block, chunk.byteLength);
  }

  /** Copies a chunk into a block of the pool; the caller starts it or gives it back. */
  async stage(chunk: Uint8Array): Promise<Block> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    const block = await this.#pool.take(chunk.byteLength);
    block.bytes.set(chunk);
    return block;
  }

  giveBack(block: Block): void {
    this.#pool.give(block);
  }

  start(block: Block, length: number): void {
    const encoded = this.#pool.encode(block, length, this.#steps);
    // A rejection is seen by whoever waits for the tail; until then it must not count as unhandled.
    encoded.catch(() => undefined);
    this.#tail = this.#write(this.#tail, block, length, encoded);
    this.#tail.catch((cause: unknown) => {
      this.#failure ??= { cause };
    });
  }

  async #write(
    before: Promise<void>,
    block: Block,
    length: number,
    encoded: Promise<{ readonly block: Block; readonly length: number }>,
  ): Promise<void> {
    try {
      const result = await encoded;
      try {
        await before;
        if (result.length < length)
          await this.#dataset.appendChunk([result.block.bytes.subarray(0, result.length)]);
        else await this.#dataset.appendChunk([block.bytes.subarray(0, length)], this.#rawMask);
      } finally {
        this.#pool.give(result.block);
      }
    } finally {
      this.#pool.give(block);
    }
  }

  settled(): Promise<void> {
    return this.#tail;
  }
}
