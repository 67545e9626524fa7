import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { DaqError } from "../../model/errors.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";
import { systemEngine } from "./system/system-codecs.ts";

/** One call of zlib gives its output in pieces of this size: larger ones cost fresh memory, smaller ones calls. */
const pieceBytes = 1 << 20;

export const zstd: Codec<StepOf<"zstd">> = {
  check({ level }) {
    if (Number.isInteger(level) && level >= 1 && level <= 22) return;
    throw new DaqError("format", `zstd has no level ${level}.`, {
      hint: "Choose a whole number from 1 to 22.",
    });
  },

  // ZSTD_COMPRESSBOUND, whose surplus for small inputs also holds the frame's header.
  maxEncodedBytes: (_step, length) =>
    length + Math.floor(length / 256) + Math.max(0, Math.ceil((131_072 - length) / 2048)) + 64,

  encode: ({ level }, memory, areas) => encodeZstd(level, memory, areas),

  decode(_step, memory, areas) {
    try {
      const engine = systemEngine("libzstd");
      return engine === undefined
        ? decodeWithZlib(memory, areas)
        : engine.decompress!({ bytes: memory.bytes, ...areas });
    } catch (cause) {
      throw damaged("zstd", cause instanceof Error ? cause.message : String(cause), cause);
    }
  },
};

/** One frame with its content size; returns its bytes, or 0 when there is not enough room. */
export function encodeZstd(level: number, { bytes }: CodecMemory, areas: CodecAreas): number {
  const { source, length, target, capacity } = areas;
  const engine = systemEngine("libzstd");
  if (engine !== undefined) return engine.compress(level, { bytes, source, length, target, capacity });
  const encoded = zstdCompressSync(bytes.subarray(source, source + length), {
    chunkSize: pieceBytesFor(capacity),
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: length,
  });
  if (encoded.byteLength > capacity) return 0;
  bytes.set(encoded, target);
  return encoded.byteLength;
}

/** zlib ends at the end of a frame; other programs write several, one behind the other. */
function decodeWithZlib({ bytes }: CodecMemory, { source, length, target, capacity }: CodecAreas): number {
  let from = source;
  let to = target;
  do {
    const room = target + capacity - to;
    // With `info`, the result says how much of the source was read; the type of the function does not know that.
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(from, source + length), {
      chunkSize: pieceBytesFor(room),
      maxOutputLength: Math.max(room, 1),
      info: true,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
    if (buffer.byteLength > room) throw new RangeError(`it holds more than ${capacity} bytes`);
    if (engine.bytesWritten === 0) throw new RangeError("it ends within a frame");
    bytes.set(buffer, to);
    from += engine.bytesWritten;
    to += buffer.byteLength;
  } while (from < source + length);
  return to - target;
}

/** zlib takes pieces of 64 bytes or more. */
function pieceBytesFor(capacity: number): number {
  return Math.min(Math.max(capacity, 64), pieceBytes);
}
