/**
 * A Blosc 1 chunk, little-endian:
 * ```
 * 0  u8   version of this layout: 2
 * 1  u8   version of the codec's format
 * 2  u8   flags: 1 byte shuffle, 2 stored, 4 bit shuffle, 16 unsplit; codec in the bits from 5 on
 * 3  u8   bytes of an element
 * 4  u32  bytes that the chunk holds
 * 8  u32  bytes of a block
 * 12 u32  bytes of the chunk
 * 16 i32  of each block, where it starts in the chunk
 *    per block its streams: i32 stored bytes, then these; as many as the stream holds: stored as it is
 * ```
 * A stored chunk has its bytes from 16 on.
 */
export const bloscHeaderBytes = 16;

/** A block's place, and a stream's length. */
export const bloscStreamBytes = 4;

export const bloscFlags = {
  byteShuffle: 1,
  stored: 2,
  bitShuffle: 4,
  unsplit: 16,
  compressorShift: 5,
} as const;

/** What stands in the flags. */
export const compressors = { lz4: 1, zlib: 3, zstd: 4 } as const;

const mostStreams = 16;
const smallestStreamBytes = 128;

/** A split block has a stream for each byte of its elements; the last block, when it is shorter, is never split. */
export function streamsOf(
  isSplit: boolean,
  elementBytes: number,
  blockBytes: number,
  bytesInBlock: number,
): number {
  const isPossible = elementBytes <= mostStreams && blockBytes / elementBytes >= smallestStreamBytes;
  return isSplit && isPossible && bytesInBlock === blockBytes ? elementBytes : 1;
}
