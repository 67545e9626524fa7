import { countOf } from "./grid.ts";
import type { ChunkPlace } from "./shard-index.ts";
import type { ShardWriter } from "./shard-writer.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** A chunk of which some boxes were written: its elements so far, and how many came. */
export type PartialChunk = { readonly bytes: Uint8Array; elements: number };

/** A shard that is being written, and not visible yet. */
export class OpenShard {
  readonly place: readonly number[];
  readonly key: string;
  readonly writer: ShardWriter;
  /** Chunks of the shard that is visible under the key, from an earlier time. */
  readonly older: ReadonlyMap<number, ChunkPlace>;
  /** Chunks that wait for the rest of them, by number. */
  readonly partial = new Map<number, PartialChunk>();
  /** Set when it takes nothing any more. */
  finishing: Promise<void> | undefined;
  readonly #expected: number;
  #users = 0;
  #idle: (() => void) | undefined;

  constructor(
    array: ZarrArray,
    place: readonly number[],
    writer: ShardWriter,
    older: ReadonlyMap<number, ChunkPlace>,
  ) {
    this.place = place;
    this.key = array.key(place);
    this.writer = writer;
    this.older = older;
    this.#expected = countOf(chunksWithin(array, place));
  }

  enter(): void {
    this.#users++;
  }

  leave(): void {
    if (--this.#users === 0) this.#idle?.();
  }

  get isIdle(): boolean {
    return this.#users === 0 && this.finishing === undefined;
  }

  /** Every chunk of it that is within the array has been written. */
  get isFull(): boolean {
    return this.partial.size === 0 && this.writer.chunks === this.#expected;
  }

  /** Resolves when nobody writes into it. */
  async whenUnused(): Promise<void> {
    if (this.#users === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }
}

/** How many chunks of a shard are within the array, in each dimension. */
export function chunksWithin(array: ZarrArray, shardPlace: readonly number[]): readonly number[] {
  const { chunksPerObjectShape, chunkCounts } = array;
  return shardPlace.map((index, axis) =>
    Math.min(chunksPerObjectShape[axis]!, chunkCounts[axis]! - index * chunksPerObjectShape[axis]!),
  );
}
