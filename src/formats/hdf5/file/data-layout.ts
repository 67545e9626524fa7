import { ByteWriter, undefinedAddress } from "./byte-writer.ts";
import type { HeapReference } from "./global-heap.ts";

/** The values lie in the header itself. */
export function encodeCompactLayout(data: Uint8Array): Uint8Array {
  return new ByteWriter().uint8(3).uint8(0).uint16(data.byteLength).bytes(data).finish();
}

/** The values lie in one piece. No address: there are none. */
export function encodeContiguousLayout(address: number | undefined, bytes: number): Uint8Array {
  return new ByteWriter()
    .uint8(3)
    .uint8(1)
    .uint64(address ?? undefinedAddress)
    .uint64(bytes)
    .finish();
}

export type ChunkShape = {
  /** Elements of a chunk in each dimension. */
  readonly chunkDims: readonly number[];
  readonly elementBytes: number;
};

/** Version 3: chunks are found through a version 1 B-tree. No root: there are no chunks. */
export function encodeBTreeLayout(shape: ChunkShape, root: number | undefined): Uint8Array {
  const { chunkDims, elementBytes } = shape;
  const writer = new ByteWriter()
    .uint8(3)
    .uint8(2)
    .uint8(chunkDims.length + 1)
    .uint64(root ?? undefinedAddress);
  for (const dim of chunkDims) writer.uint32(dim);
  return writer.uint32(elementBytes).finish();
}

export type ExtensibleArrayParameters = {
  readonly maxIndexBits: number;
  readonly indexBlockElements: number;
  readonly minDataBlockElements: number;
  readonly minDataBlockPointers: number;
  readonly pageBits: number;
};

/**
 * Version 4: chunks are found through an extensible array. The fields of the parameters stand in another order here
 * than in the array's header.
 */
export function encodeExtensibleArrayLayout(
  shape: ChunkShape,
  parameters: ExtensibleArrayParameters,
  headerAddress: number,
): Uint8Array {
  const dims = [...shape.chunkDims, shape.elementBytes];
  // HDF5 2.0 refuses any width but the smallest that holds the largest of them.
  const width = Math.floor((Math.floor(Math.log2(Math.max(...dims))) + 8) / 8);
  const writer = new ByteWriter().uint8(4).uint8(2).uint8(0).uint8(dims.length).uint8(width);
  for (const dim of dims) writer.unsigned(dim, width);
  return writer
    .uint8(4)
    .uint8(parameters.maxIndexBits)
    .uint8(parameters.indexBlockElements)
    .uint8(parameters.minDataBlockPointers)
    .uint8(parameters.minDataBlockElements)
    .uint8(parameters.pageBits)
    .uint64(headerAddress)
    .finish();
}

/** Version 4: the elements are those of other datasets, which a block in the global heap names. */
export function encodeVirtualLayout({ address, index }: HeapReference): Uint8Array {
  return new ByteWriter().uint8(4).uint8(3).uint64(address).uint32(index).finish();
}
