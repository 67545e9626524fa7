import { addressOf, loadLibrary } from "./foreign-library.ts";
import type { SystemEngine } from "./system-engine.ts";

/**
 * `struct isal_zstream` of libisal.so.2, as far as it is used here, and its whole size (measured with 2.30):
 * ```
 * 0 next_in u64 │ 8 avail_in u32 │ 16 next_out u64 │ 24 avail_out u32 │ 28 total_out u32 │ 40 level u32
 * 44 level_buf_size u32 │ 48 level_buf u64 │ 56 end_of_stream u16 │ 58 flush u16 │ 60 gzip_flag u16
 * ```
 */
const streamBytes = 82_384;
/** What the library uses at most at levels 1, 2 and 3. */
const levelBytes = [0, 282_624, 331_776, 348_160] as const;

/** Behind each area: were the library's own layout larger, it would write there. */
const guardBytes = 128 << 10;
const guard = 0x5a;
const untouched = Buffer.alloc(guardBytes, guard);

const overflow = -1;

/** Intel's ISA-L: raw deflate at levels 1 to 3, several times as fast as zlib's level 1 and as small; CRC-32 likewise. */
export function openIsal(): SystemEngine {
  const library = loadLibrary("libisal.so.2");
  const initialise = library.func("void isal_deflate_stateless_init(uintptr_t)");
  const deflate = library.func("int isal_deflate_stateless(uintptr_t)");
  const checksum = library.func("uint32_t crc32_gzip_refl(uint32_t, uintptr_t, uint64_t)");
  const stream = Buffer.alloc(streamBytes + guardBytes, guard);
  const levelArea = Buffer.alloc(levelBytes[3] + guardBytes, guard);
  const streamAddress = addressOf(stream);
  const levelAddress = addressOf(levelArea);

  function checkGuards(): void {
    for (const [area, end] of [
      [stream, streamBytes],
      [levelArea, levelBytes[3]],
    ] as const)
      if (!area.subarray(end).equals(untouched))
        throw new Error("it writes outside of its state: its layout is another one");
  }

  let isChecked = false;
  return {
    compress(level, { bytes, source, length, target, capacity }) {
      const base = addressOf(bytes);
      initialise(streamAddress);
      stream.writeBigUInt64LE(BigInt(base + source), 0);
      stream.writeUInt32LE(length, 8);
      stream.writeBigUInt64LE(BigInt(base + target), 16);
      stream.writeUInt32LE(capacity, 24);
      stream.writeUInt32LE(level, 40);
      stream.writeUInt32LE(levelBytes[level as 1 | 2 | 3], 44);
      stream.writeBigUInt64LE(BigInt(levelAddress), 48);
      stream.writeUInt16LE(1, 56);
      stream.writeUInt16LE(0, 58);
      stream.writeUInt16LE(0, 60);
      const result = deflate(streamAddress);
      if (!isChecked) {
        checkGuards();
        isChecked = true;
      }
      if (result === overflow) return 0;
      if (result !== 0) throw new Error(`ISA-L failed with ${result} at level ${level}`);
      return stream.readUInt32LE(28);
    },

    crc32: (bytes, source, length) => checksum(0, addressOf(bytes) + source, length) as number,
  };
}
