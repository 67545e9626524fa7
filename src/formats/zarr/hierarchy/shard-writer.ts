import { DaqError } from "../../../model/errors.ts";
import type { MultipartWrite, StoredObject } from "../../../stores/contract.ts";
import { type ChunkPlace, encodeShardIndex } from "./shard-index.ts";

/** What an unfinished shard has so far. Plain JSON: with it and the bytes, another process goes on. */
export type ShardState = { readonly bytes: number; readonly places: readonly ChunkPlace[] };

/**
 * Builds one shard, chunk behind chunk as they come, and the index behind them. No chunk is kept in memory. A chunk that
 * comes again takes the place of the older one, whose bytes stay in the shard unused.
 */
export class ShardWriter {
  readonly #target: MultipartWrite;
  readonly #chunksPerShard: number;
  readonly #places = new Map<number, ChunkPlace>();
  #bytes = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  #isComplete = false;

  /** With a `state`, the target has its first `state.bytes` bytes already. */
  constructor(target: MultipartWrite, chunksPerShard: number, state?: ShardState) {
    this.#target = target;
    this.#chunksPerShard = chunksPerShard;
    if (state === undefined) return;
    this.#bytes = state.bytes;
    for (const place of state.places) this.#places.set(place[0], place);
  }

  /** Chunks that have a place. */
  get chunks(): number {
    return this.#places.size;
  }

  has(chunk: number): boolean {
    return this.#places.has(chunk);
  }

  /**
   * `chunk` is its row-major number in the shard. The bytes are borrowed until the promise settles. Calls may overlap:
   * they are written in their order. After a failure every further call rejects, since the target's end is unknown.
   */
  writeChunk(chunk: number, encoded: Uint8Array): Promise<void> {
    if (!Number.isInteger(chunk) || chunk < 0 || chunk >= this.#chunksPerShard)
      throw new RangeError(`A shard of ${this.#chunksPerShard} chunks has no chunk ${chunk}.`);
    return this.#inOrder(async () => {
      await this.#target.write(encoded);
      this.#places.set(chunk, [chunk, this.#bytes, encoded.byteLength]);
      this.#bytes += encoded.byteLength;
    });
  }

  /** Of the chunks whose `writeChunk` has resolved. */
  state(): ShardState {
    return { bytes: this.#bytes, places: [...this.#places.values()] };
  }

  /** Writes the index; the shard is visible when this resolves. */
  complete(): Promise<StoredObject> {
    return this.#inOrder(async () => {
      if (this.#isComplete) throw new DaqError("format", "A shard that is complete was completed again.");
      await this.#target.write(encodeShardIndex(this.#places.values(), this.#chunksPerShard));
      const object = await this.#target.complete();
      this.#isComplete = true;
      return object;
    });
  }

  /** Takes it back. Nothing to do after `complete`. */
  async abort(): Promise<void> {
    await this.#tail.catch(() => undefined);
    if (!this.#isComplete) await this.#target.abort();
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(async () => {
      if (this.#failure !== undefined) throw this.#failure.cause;
      try {
        return await work();
      } catch (cause) {
        this.#failure = { cause };
        throw cause;
      }
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
