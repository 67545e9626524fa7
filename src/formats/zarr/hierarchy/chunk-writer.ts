import type { WorkerPool } from "../../../bytes/pool/worker-pool.ts";
import type { Store } from "../../../stores/contract.ts";
import { ArrayReader } from "./array-reader.ts";
import type { ArrayWriter } from "./array-writer.ts";
import { type ChunkBox, copyBox, coversChunk, emptyChunk, wholeChunkOf } from "./chunk-box.ts";
import { ChunkOutput } from "./chunk-output.ts";
import { KeyLocks } from "./key-locks.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** Fills an array without shards: each chunk is an object. A box that is a part of its chunk is put into what is there. */
export class ChunkWriter implements ArrayWriter {
  readonly #store: Store;
  readonly #array: ZarrArray;
  readonly #output: ChunkOutput;
  readonly #reader: ArrayReader;
  readonly #locks = new KeyLocks();

  constructor(store: Store, pool: WorkerPool, array: ZarrArray) {
    this.#store = store;
    this.#array = array;
    this.#output = new ChunkOutput(pool, array.steps);
    this.#reader = new ArrayReader(store, array);
  }

  async write(box: ChunkBox): Promise<void> {
    const key = this.#array.key(box.chunkPlace);
    const release = await this.#locks.take(key);
    try {
      const chunk = wholeChunkOf(this.#array, box) ?? (await this.#merged(box));
      const { stored } = await this.#output.write(chunk, (encoded) => this.#store.put(key, [encoded]));
      // The next box of this chunk reads what this one put.
      stored.then(release, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async #merged(box: ChunkBox): Promise<Uint8Array> {
    const before = coversChunk(this.#array, box) ? undefined : await this.#reader.readChunk(box.chunkPlace);
    const chunk = before ?? emptyChunk(this.#array);
    copyBox(this.#array, box, chunk);
    return chunk;
  }

  flush(): Promise<void> {
    return this.#output.settled();
  }
}
