import { copyRegion } from "./copy-region.ts";
import { fillElements } from "./fill-value.ts";
import { countOf } from "./grid.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** A box of elements of one chunk, and where its values are. */
export type ChunkBox = {
  readonly chunkPlace: readonly number[];
  /** Where it begins in the chunk. */
  readonly offsets: readonly number[];
  readonly shape: readonly number[];
  /** Row-major, with the box from `sourceOffsets` on. Borrowed. */
  readonly source: Uint8Array;
  readonly sourceShape: readonly number[];
  readonly sourceOffsets: readonly number[];
};

/** The extents of a chunk that are within the array: less than the chunk's at the edges. */
export function extentsWithin(array: ZarrArray, chunkPlace: readonly number[]): readonly number[] {
  const { shape, chunkShape } = array.spec;
  return chunkPlace.map((index, axis) =>
    Math.min(chunkShape[axis]!, shape[axis]! - index * chunkShape[axis]!),
  );
}

/** Nothing of the chunk that is within the array is outside of the box. */
export function coversChunk(array: ZarrArray, { chunkPlace, shape }: ChunkBox): boolean {
  const within = extentsWithin(array, chunkPlace);
  return shape.every((extent, axis) => extent === within[axis]);
}

/** The source where it is exactly the whole chunk, so that nothing has to be copied. */
export function wholeChunkOf(array: ZarrArray, box: ChunkBox): Uint8Array | undefined {
  const { chunkShape } = array.spec;
  const isWhole = chunkShape.every(
    (extent, axis) => box.shape[axis] === extent && box.sourceShape[axis] === extent,
  );
  return isWhole ? box.source : undefined;
}

/** A chunk of fill values. */
export function emptyChunk(array: ZarrArray): Uint8Array {
  const chunk = new Uint8Array(array.chunkBytes);
  fillElements(chunk, array.spec.dtype, array.fillValue);
  return chunk;
}

export function copyBox(array: ZarrArray, box: ChunkBox, chunk: Uint8Array): void {
  copyRegion(
    { bytes: box.source, shape: box.sourceShape, offsets: box.sourceOffsets },
    { bytes: chunk, shape: array.spec.chunkShape, offsets: box.offsets },
    box.shape,
    array.elementBytes,
  );
}

export function elementsOf(box: ChunkBox): number {
  return countOf(box.shape);
}
