import { decodeBytes } from "../../../bytes/compress/codec.ts";
import { isNumberDType, type TypedArray, typedView } from "../../../model/dtype.ts";
import { DaqError } from "../../../model/errors.ts";
import type { Store } from "../../../stores/contract.ts";
import { copyRegion } from "./copy-region.ts";
import { fillElements } from "./fill-value.ts";
import { countOf, numberOf, placesIn } from "./grid.ts";
import { type ChunkPlace, decodeShardIndex, shardIndexBytes } from "./shard-index.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** An error of a codec, with the object that it was found in. */
function damagedObject(store: Store, key: string, cause: unknown): DaqError {
  if (cause instanceof DaqError && cause.code !== "format") return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DaqError("format", `${store.url}/${key} is damaged, or not of its array: ${reason}`, {
    hint: "What else is in the array can be read. Restore this object from a copy, or delete it and write its chunks again.",
    cause,
  });
}

/** Reads chunks of one array, in shards or not. Keeps nothing but the index of the shard that was read last. */
export class ArrayReader {
  readonly #store: Store;
  readonly #array: ZarrArray;
  #lastIndex:
    | { readonly key: string; readonly places: Promise<ReadonlyMap<number, ChunkPlace> | undefined> }
    | undefined;

  constructor(store: Store, array: ZarrArray) {
    this.#store = store;
    this.#array = array;
  }

  /** The places of a shard's chunks; undefined where the shard is not there. With `shardBytes`, one request less. */
  async readShardIndex(
    shardPlace: readonly number[],
    shardBytes?: number,
  ): Promise<ReadonlyMap<number, ChunkPlace> | undefined> {
    const { chunksPerObject } = this.#array;
    const key = this.#array.key(shardPlace);
    const indexBytes = shardIndexBytes(chunksPerObject);
    const bytes = shardBytes ?? (await this.#store.stat(key))?.bytes;
    if (bytes === undefined) return undefined;
    const index = await this.#store.getRange(key, -indexBytes, indexBytes);
    if (index === undefined) return undefined;
    try {
      const places = decodeShardIndex(index, chunksPerObject, bytes);
      return new Map(places.map((place) => [place[0], place]));
    } catch (cause) {
      throw damagedObject(this.#store, key, cause);
    }
  }

  /** The stored bytes of a chunk of a shard whose index has this place. */
  async readPlace(shardPlace: readonly number[], [chunk, offset, bytes]: ChunkPlace): Promise<Uint8Array> {
    const key = this.#array.key(shardPlace);
    const found = await this.#store.getRange(key, offset, bytes);
    if (found?.byteLength === bytes) return found;
    throw damagedObject(this.#store, key, new Error(`chunk ${chunk} ends behind the shard's end`));
  }

  /** A chunk's elements as little-endian bytes, also behind the array's edge; undefined for one that was not written. */
  async readChunk(chunkPlace: readonly number[]): Promise<Uint8Array | undefined> {
    const objectPlace = chunkPlace.map((index, axis) =>
      Math.floor(index / this.#array.chunksPerObjectShape[axis]!),
    );
    const key = this.#array.key(objectPlace);
    const stored = this.#array.isSharded
      ? await this.#readFromShard(chunkPlace, objectPlace, key)
      : await this.#store.get(key);
    return stored === undefined ? undefined : this.decode(key, stored);
  }

  /** Undoes the array's codecs. */
  decode(key: string, stored: Uint8Array): Uint8Array {
    try {
      if (this.#array.steps.length === 0 && stored.byteLength === this.#array.chunkBytes) return stored;
      return decodeBytes(stored, this.#array.steps, this.#array.chunkBytes);
    } catch (cause) {
      throw damagedObject(this.#store, key, cause);
    }
  }

  async #readFromShard(
    chunkPlace: readonly number[],
    shardPlace: readonly number[],
    key: string,
  ): Promise<Uint8Array | undefined> {
    if (this.#lastIndex?.key !== key) this.#lastIndex = { key, places: this.readShardIndex(shardPlace) };
    const { chunksPerObjectShape } = this.#array;
    const within = chunkPlace.map((index, axis) => index % chunksPerObjectShape[axis]!);
    const place = (await this.#lastIndex.places)?.get(numberOf(within, chunksPerObjectShape));
    return place === undefined ? undefined : this.readPlace(shardPlace, place);
  }

  /** A box of elements in row-major order; what was not written is the fill value (0 where that is null). */
  readRegion(offsets: readonly number[], shape: readonly number[]): Promise<TypedArray> {
    return this.#read(offsets, shape, () => {});
  }

  /** Like `readRegion`, for an array all of whose chunks were written: throws `DaqError("format")` where one is not there. */
  readStored(offsets: readonly number[], shape: readonly number[]): Promise<TypedArray> {
    return this.#read(offsets, shape, (place) => {
      throw new DaqError(
        "format",
        `${this.#store.url}/${this.#array.path} is damaged: its chunk ${place.join(", ")} is not there.`,
        {
          hint: "Restore the missing object from a copy; what other chunks hold can be read with any Zarr library.",
        },
      );
    });
  }

  async #read(
    offsets: readonly number[],
    shape: readonly number[],
    onMissing: (chunkPlace: readonly number[]) => void,
  ): Promise<TypedArray> {
    const { chunkShape, dtype } = this.#array.spec;
    const { elementBytes, fillValue } = this.#array;
    const target = new Uint8Array(countOf(shape) * elementBytes);
    fillElements(target, dtype, fillValue);
    const first = offsets.map((offset, axis) => Math.floor(offset / chunkShape[axis]!));
    const end = offsets.map((offset, axis) => Math.ceil((offset + shape[axis]!) / chunkShape[axis]!));
    for (const place of placesIn(first, end)) {
      const chunk = await this.readChunk(place);
      if (chunk === undefined) {
        onMissing(place);
        continue;
      }
      const start = place.map((index, axis) => Math.max(index * chunkShape[axis]!, offsets[axis]!));
      const stop = place.map((index, axis) =>
        Math.min((index + 1) * chunkShape[axis]!, offsets[axis]! + shape[axis]!),
      );
      copyRegion(
        {
          bytes: chunk,
          shape: chunkShape,
          offsets: start.map((at, axis) => at - place[axis]! * chunkShape[axis]!),
        },
        { bytes: target, shape, offsets: start.map((at, axis) => at - offsets[axis]!) },
        stop.map((at, axis) => at - start[axis]!),
        elementBytes,
      );
    }
    // Texts in cells, and bools, are bytes.
    return isNumberDType(dtype) ? typedView(dtype, target) : target;
  }
}
