import type { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import { numberDType, type TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import type { ArrayWriter } from "./hierarchy/array-writer.ts";
import { type ChunkBox, extentsWithin } from "./hierarchy/chunk-box.ts";
import { ChunkWriter } from "./hierarchy/chunk-writer.ts";
import { countOf, placesIn } from "./hierarchy/grid.ts";
import { ShardOutput } from "./hierarchy/shard-output.ts";
import { shownValue } from "./hierarchy/shown-value.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { typedBytes } from "./typed-bytes.ts";

/** Takes values for one array in chunks and in regions, and checks that they fit. */
export class ArrayFilling {
  readonly array: ZarrArray;
  readonly #writer: ArrayWriter;
  readonly #where: string;

  constructor(store: Store, pool: WorkerPool, array: ZarrArray) {
    this.array = array;
    this.#where = `Zarr array "${array.path}"`;
    this.#writer = array.isSharded
      ? new ShardOutput(store, pool, array)
      : new ChunkWriter(store, pool, array);
  }

  async writeChunk(chunkPlace: readonly number[], data: TypedArray): Promise<void> {
    const { chunkCounts, spec } = this.array;
    this.#checkIndices("chunk indices", chunkPlace);
    const outside = chunkPlace.findIndex((index, axis) => index >= chunkCounts[axis]!);
    if (outside !== -1)
      throw this.#refuse(
        `there is no chunk [${chunkPlace.join(", ")}]`,
        chunkCounts.includes(0)
          ? `It has no element: its shape is ${spec.shape.join(" × ")}.`
          : `Its grid has ${chunkCounts.join(" × ")} chunks, counted from 0: "${spec.dimensions[outside]}" is too large.`,
      );
    const source = typedBytes(this.#where, numberDType(spec.dtype), data);
    const shape = extentsWithin(this.array, chunkPlace);
    const sourceShape = [spec.chunkShape, shape].find((extents) => countOf(extents) === data.length);
    if (sourceShape === undefined)
      throw this.#refuse(
        `chunk [${chunkPlace.join(", ")}] was given ${data.length} values`,
        `Give ${countOf(spec.chunkShape)} (${spec.chunkShape.join(" × ")})${
          countOf(shape) === countOf(spec.chunkShape)
            ? ""
            : `, or at this edge the ${countOf(shape)} (${shape.join(" × ")}) that are within the array`
        }.`,
      );
    const zeros = shape.map(() => 0);
    await this.#writer.write({
      chunkPlace,
      offsets: zeros,
      shape,
      source,
      sourceShape,
      sourceOffsets: zeros,
    });
  }

  async writeRegion(offsets: readonly number[], shape: readonly number[], data: TypedArray): Promise<void> {
    const { shape: arrayShape, chunkShape, dtype, dimensions } = this.array.spec;
    this.#checkIndices("offsets", offsets);
    this.#checkIndices("region's shape", shape);
    const outside = offsets.findIndex((offset, axis) => offset + shape[axis]! > arrayShape[axis]!);
    if (outside !== -1)
      throw this.#refuse(
        `a region of ${shape.join(" × ")} from [${offsets.join(", ")}] on is not within it`,
        `Its shape is ${arrayShape.join(" × ")}: look at "${dimensions[outside]}".`,
      );
    const source = typedBytes(this.#where, numberDType(dtype), data);
    if (data.length !== countOf(shape))
      throw this.#refuse(
        `a region of ${shape.join(" × ")} was given ${data.length} values`,
        `Give ${countOf(shape)}.`,
      );
    const first = offsets.map((offset, axis) => Math.floor(offset / chunkShape[axis]!));
    const end = offsets.map((offset, axis) => Math.ceil((offset + shape[axis]!) / chunkShape[axis]!));
    if (data.length === 0) return;
    for (const chunkPlace of placesIn(first, end))
      await this.#writer.write(this.#boxOf(chunkPlace, offsets, shape, source));
  }

  /** What of a region is in a chunk. */
  #boxOf(
    chunkPlace: readonly number[],
    regionOffsets: readonly number[],
    regionShape: readonly number[],
    source: Uint8Array,
  ): ChunkBox {
    const { chunkShape } = this.array.spec;
    const origin = chunkPlace.map((index, axis) => index * chunkShape[axis]!);
    const start = origin.map((at, axis) => Math.max(at, regionOffsets[axis]!));
    const stop = origin.map((at, axis) =>
      Math.min(at + chunkShape[axis]!, regionOffsets[axis]! + regionShape[axis]!),
    );
    return {
      chunkPlace,
      offsets: start.map((at, axis) => at - origin[axis]!),
      shape: stop.map((at, axis) => at - start[axis]!),
      source,
      sourceShape: regionShape,
      sourceOffsets: start.map((at, axis) => at - regionOffsets[axis]!),
    };
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  #checkIndices(what: string, indices: readonly number[]): void {
    const rank = this.array.spec.shape.length;
    if (
      Array.isArray(indices) &&
      indices.length === rank &&
      indices.every((n) => Number.isSafeInteger(n) && n >= 0)
    )
      return;
    throw this.#refuse(
      `its ${what} were ${shownValue(indices)}`,
      rank === 0
        ? "Give an empty list: it has no dimension."
        : `Give ${rank} whole numbers from 0 on, one for each dimension (${this.array.spec.dimensions.join(", ")}).`,
    );
  }

  #refuse(problem: string, hint: string): DaqError {
    return new DaqError("format", `${this.#where}: ${problem}.`, { hint });
  }
}
