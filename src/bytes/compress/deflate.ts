import { crc32, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { DaqError } from "../../model/errors.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import { deflateRaw, maxDeflatedBytes } from "./deflate-raw.ts";
import type { StepOf } from "./encode-step.ts";

type Deflate = StepOf<"deflate" | "zlib" | "gzip">;

type Framing = {
  readonly header: (level: number) => readonly number[];
  readonly trailerBytes: number;
  readonly writeTrailer: (memory: CodecMemory, at: number, source: number, length: number) => void;
  readonly inflate: typeof inflateSync;
};

/** RFC 1950: deflate with a window of 32 KiB, a hint at the level, and five bits that make it a multiple of 31. */
function zlibHeader(level: number): readonly number[] {
  if (level < 2) return [0x78, 0x01];
  if (level < 6) return [0x78, 0x5e];
  return level === 6 ? [0x78, 0x9c] : [0x78, 0xda];
}

/** RFC 1952: no time and no system, so that equal bytes give equal files. */
function gzipHeader(level: number): readonly number[] {
  const effort = level === 1 ? 4 : level === 9 ? 2 : 0;
  return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 255];
}

const framings: Record<Deflate["codec"], Framing> = {
  deflate: { header: () => [], trailerBytes: 0, writeTrailer: () => undefined, inflate: inflateRawSync },
  zlib: {
    header: zlibHeader,
    trailerBytes: 4,
    writeTrailer({ kernels, view }, at, source, length) {
      view.setUint32(at, kernels.adler32(1, source, length), false);
    },
    inflate: inflateSync,
  },
  gzip: {
    header: gzipHeader,
    trailerBytes: 8,
    writeTrailer({ bytes, view }, at, source, length) {
      view.setUint32(at, crc32(bytes.subarray(source, source + length)), true);
      view.setUint32(at + 4, length, true);
    },
    inflate: gunzipSync,
  },
};

/** Returns the encoded bytes, or 0 when there is not enough room. */
export function encodeDeflate({ codec, level }: Deflate, memory: CodecMemory, areas: CodecAreas): number {
  const { header, trailerBytes, writeTrailer } = framings[codec];
  const { source, length, target, capacity, work } = areas;
  const start = header(level);
  const frameBytes = start.length + trailerBytes;
  if (capacity <= frameBytes) return 0;
  memory.bytes.set(start, target);
  const body = { source, length, target: target + start.length, capacity: capacity - frameBytes, work };
  const deflated = deflateRaw(level, memory, body);
  if (deflated === 0) return 0;
  writeTrailer(memory, target + start.length + deflated, source, length);
  return frameBytes + deflated;
}

export const deflate: Codec<Deflate> = {
  check({ codec, level }) {
    if (Number.isInteger(level) && level >= 0 && level <= 9) return;
    throw new DaqError("format", `${codec} has no level ${level}.`, {
      hint: "Choose a whole number from 0 to 9; 0 is off.",
    });
  },

  maxEncodedBytes({ codec, level }, length) {
    const { header, trailerBytes } = framings[codec];
    return header(level).length + maxDeflatedBytes(length) + trailerBytes;
  },

  encode: (step, memory, areas) => encodeDeflate(step, memory, areas),

  decode({ codec }, { bytes }, areas) {
    const inflated = inflateAll(codec, bytes, areas);
    bytes.set(inflated, areas.target);
    return inflated.byteLength;
  },
};

function inflateAll(codec: Deflate["codec"], bytes: Uint8Array, areas: CodecAreas): Uint8Array {
  const { source, length, capacity } = areas;
  let inflated: Uint8Array;
  let readBytes: number;
  try {
    // With `info`, the result says how much of the source was read; the type of the function does not know that.
    const result = framings[codec].inflate(bytes.subarray(source, source + length), {
      chunkSize: Math.min(Math.max(capacity, 64), 1 << 20),
      maxOutputLength: Math.max(capacity, 1),
      info: true,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
    inflated = result.buffer;
    readBytes = result.engine.bytesWritten;
  } catch (cause) {
    throw damaged(codec, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (readBytes !== length) throw damaged(codec, `it ends ${length - readBytes} bytes early`);
  if (inflated.byteLength > capacity) throw damaged(codec, `it holds more than ${capacity} bytes`);
  return inflated;
}
