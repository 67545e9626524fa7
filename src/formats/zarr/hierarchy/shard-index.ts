import { decodeBytes, encodeBytes } from "../../../bytes/compress/codec.ts";

/** Where a chunk is in its shard: its row-major number, and its bytes. */
export type ChunkPlace = readonly [chunk: number, offset: number, bytes: number];

const entryBytes = 16;
const sumBytes = 4;
const missing = 2n ** 64n - 1n;

/** The index behind the chunks of a shard: offset and bytes (u64, little-endian) for each chunk, then their CRC-32C. */
export function shardIndexBytes(chunksPerShard: number): number {
  return chunksPerShard * entryBytes + sumBytes;
}

/** Chunks that have no place are marked as missing. */
export function encodeShardIndex(places: Iterable<ChunkPlace>, chunksPerShard: number): Uint8Array {
  const entries = new Uint8Array(chunksPerShard * entryBytes).fill(0xff);
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  for (const [chunk, offset, bytes] of places) {
    view.setBigUint64(chunk * entryBytes, BigInt(offset), true);
    view.setBigUint64(chunk * entryBytes + 8, BigInt(bytes), true);
  }
  return encodeBytes(entries, [{ codec: "crc32c" }]);
}

/**
 * The places of the chunks that are there, in the order of their numbers. Throws `DaqError("format")` when the checksum
 * does not fit, and `RangeError` when a place is outside of a shard of `shardBytes` bytes.
 */
export function decodeShardIndex(
  index: Uint8Array,
  chunksPerShard: number,
  shardBytes: number,
): readonly ChunkPlace[] {
  const entries = decodeBytes(index, [{ codec: "crc32c" }], chunksPerShard * entryBytes);
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const end = BigInt(shardBytes);
  const places: ChunkPlace[] = [];
  for (let chunk = 0; chunk < chunksPerShard; chunk++) {
    const offset = view.getBigUint64(chunk * entryBytes, true);
    const bytes = view.getBigUint64(chunk * entryBytes + 8, true);
    if (offset === missing && bytes === missing) continue;
    if (offset + bytes > end) throw new RangeError(`chunk ${chunk} is said to be behind the shard's end`);
    places.push([chunk, Number(offset), Number(bytes)]);
  }
  return places;
}
