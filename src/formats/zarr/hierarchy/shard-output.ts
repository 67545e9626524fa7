import type { WorkerPool } from "../../../bytes/pool/worker-pool.ts";
import type { Store } from "../../../stores/contract.ts";
import { ArrayReader } from "./array-reader.ts";
import type { ArrayWriter } from "./array-writer.ts";
import {
  type ChunkBox,
  copyBox,
  coversChunk,
  elementsOf,
  emptyChunk,
  extentsWithin,
  wholeChunkOf,
} from "./chunk-box.ts";
import { ChunkOutput } from "./chunk-output.ts";
import { countOf, numberOf } from "./grid.ts";
import { KeyLocks } from "./key-locks.ts";
import { OpenShard, type PartialChunk } from "./open-shard.ts";
import { ShardWriter } from "./shard-writer.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** Shards that are written at a time: each has a file or an upload of its own. */
const mostOpenShards = 8;
/** Of chunks that wait for the rest of them, in all shards together. */
const mostPartialBytes = 256 << 20;

/**
 * Fills an array with shards. A shard is visible when all of it was written, at a flush, or when too many others are open;
 * what comes for it after that makes a new one with what the old one had.
 */
export class ShardOutput implements ArrayWriter {
  readonly #store: Store;
  readonly #array: ZarrArray;
  readonly #output: ChunkOutput;
  readonly #reader: ArrayReader;
  readonly #locks = new KeyLocks();
  /** By key; the one that was used last is at the end. */
  readonly #shards = new Map<string, Promise<OpenShard>>();
  readonly #open = new Map<string, OpenShard>();
  #failure: { readonly cause: unknown } | undefined;

  constructor(store: Store, pool: WorkerPool, array: ZarrArray) {
    this.#store = store;
    this.#array = array;
    this.#output = new ChunkOutput(pool, array.steps);
    this.#reader = new ArrayReader(store, array);
  }

  async write(box: ChunkBox): Promise<void> {
    const { chunksPerObjectShape } = this.#array;
    const shardPlace = box.chunkPlace.map((at, axis) => Math.floor(at / chunksPerObjectShape[axis]!));
    const within = box.chunkPlace.map((at, axis) => at % chunksPerObjectShape[axis]!);
    const chunk = numberOf(within, chunksPerObjectShape);
    const release = await this.#locks.take(`${this.#array.key(shardPlace)}#${chunk}`);
    try {
      const shard = await this.#enterFor(box, shardPlace, chunk);
      const bytes = await this.#leavingOnError(shard, () => this.#takeIn(shard, chunk, box));
      if (bytes === undefined) {
        release();
        await this.#left(shard);
      } else await this.#put(shard, chunk, bytes, release);
    } catch (error) {
      release();
      throw error;
    }
    await this.#boundPartialChunks();
  }

  async flush(): Promise<void> {
    try {
      await this.#output.settled();
      await Promise.all([...this.#shards.values()].map(async (shard) => this.#finish(await shard)));
      if (this.#failure !== undefined) throw this.#failure.cause;
    } catch (error) {
      await this.#abandon();
      throw error;
    }
  }

  /** Takes back what nobody will complete. */
  async #abandon(): Promise<void> {
    this.#failure ??= { cause: new Error("The shards were given up.") };
    const open = [...this.#open.values()];
    this.#open.clear();
    this.#shards.clear();
    await Promise.allSettled(open.map(({ writer }) => writer.abort()));
  }

  /** The shard of a chunk, entered, such that what is known of the chunk can be read. */
  async #enterFor(box: ChunkBox, place: readonly number[], chunk: number): Promise<OpenShard> {
    const shard = await this.#enter(place);
    const needsRest = !coversChunk(this.#array, box) && !shard.partial.has(chunk);
    if (!needsRest || !shard.writer.has(chunk)) return shard;
    // The rest of the chunk is in a shard that cannot be read before it is visible.
    shard.leave();
    await this.#finish(shard);
    return this.#enter(place);
  }

  /** The chunk's bytes when they are complete; undefined while the rest is missing. */
  async #takeIn(shard: OpenShard, chunk: number, box: ChunkBox): Promise<Uint8Array | undefined> {
    const whole = wholeChunkOf(this.#array, box);
    if (whole !== undefined) {
      shard.partial.delete(chunk);
      return whole;
    }
    const partial = await this.#partialChunk(shard, chunk, box);
    copyBox(this.#array, box, partial.bytes);
    partial.elements += elementsOf(box);
    // Boxes that overlap only make it complete too early: what comes then is put into the shard that is visible by then.
    if (partial.elements < countOf(extentsWithin(this.#array, box.chunkPlace))) return undefined;
    shard.partial.delete(chunk);
    return partial.bytes;
  }

  async #partialChunk(shard: OpenShard, chunk: number, box: ChunkBox): Promise<PartialChunk> {
    const known = shard.partial.get(chunk);
    if (known !== undefined) return known;
    const place = coversChunk(this.#array, box) ? undefined : shard.older.get(chunk);
    const bytes =
      place === undefined
        ? emptyChunk(this.#array)
        : this.#reader.decode(shard.key, await this.#reader.readPlace(shard.place, place));
    const partial = { bytes, elements: 0 };
    shard.partial.set(chunk, partial);
    return partial;
  }

  /** Resolves when the bytes are copied; the shard is left when they are in it. */
  async #put(shard: OpenShard, chunk: number, bytes: Uint8Array, release: () => void): Promise<void> {
    const { stored } = await this.#leavingOnError(shard, () =>
      this.#output.write(bytes, (encoded) => shard.writer.writeChunk(chunk, encoded)),
    );
    const leave = async (): Promise<void> => {
      release();
      await this.#left(shard);
    };
    stored.then(leave, leave).catch((cause: unknown) => {
      this.#failure ??= { cause };
    });
  }

  async #left(shard: OpenShard): Promise<void> {
    shard.leave();
    if (shard.isIdle && shard.isFull) await this.#finish(shard);
  }

  async #leavingOnError<Result>(shard: OpenShard, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      shard.leave();
      throw error;
    }
  }

  async #enter(place: readonly number[]): Promise<OpenShard> {
    const key = this.#array.key(place);
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.cause;
      const known = this.#shards.get(key);
      if (known === undefined) {
        const oldest = this.#shards.size < mostOpenShards ? undefined : this.#longestUnused();
        if (oldest !== undefined) {
          await this.#finish(oldest);
          continue;
        }
      }
      const opening = known ?? this.#begin(key, place);
      const shard = await opening;
      if (shard.finishing !== undefined) {
        await shard.finishing;
        continue;
      }
      shard.enter();
      if (this.#shards.delete(key)) this.#shards.set(key, opening);
      return shard;
    }
  }

  #begin(key: string, place: readonly number[]): Promise<OpenShard> {
    const opening = (async () => {
      const older = (await this.#reader.readShardIndex(place)) ?? new Map();
      const writer = new ShardWriter(await this.#store.beginMultipart(key), this.#array.chunksPerObject);
      const shard = new OpenShard(this.#array, place, writer, older);
      this.#open.set(key, shard);
      return shard;
    })();
    this.#shards.set(key, opening);
    opening.catch((cause: unknown) => {
      this.#failure ??= { cause };
      this.#shards.delete(key);
    });
    return opening;
  }

  #longestUnused(): OpenShard | undefined {
    for (const key of this.#shards.keys()) {
      const shard = this.#open.get(key);
      if (shard?.isIdle === true) return shard;
    }
    return undefined;
  }

  /** Makes the shard visible with all that it has. */
  #finish(shard: OpenShard): Promise<void> {
    shard.finishing ??= this.#complete(shard);
    return shard.finishing;
  }

  async #complete(shard: OpenShard): Promise<void> {
    const { writer, partial, older } = shard;
    try {
      await shard.whenUnused();
      for (const [chunk, { bytes }] of partial) {
        const { stored } = await this.#output.write(bytes, (encoded) => writer.writeChunk(chunk, encoded));
        await stored;
      }
      if (writer.chunks === 0) await writer.abort();
      else {
        for (const place of older.values())
          if (!writer.has(place[0]))
            await writer.writeChunk(place[0], await this.#reader.readPlace(shard.place, place));
        await writer.complete();
      }
    } catch (cause) {
      this.#failure ??= { cause };
      await writer.abort().catch(() => undefined);
      throw cause;
    } finally {
      partial.clear();
      this.#shards.delete(shard.key);
      this.#open.delete(shard.key);
    }
  }

  async #boundPartialChunks(): Promise<void> {
    for (;;) {
      const chunks = [...this.#open.values()].reduce((sum, { partial }) => sum + partial.size, 0);
      if (chunks * this.#array.chunkBytes <= mostPartialBytes) return;
      const shard = this.#longestUnused();
      if (shard === undefined) return;
      await this.#finish(shard);
    }
  }
}
