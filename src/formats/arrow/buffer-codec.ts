import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { CompressionType } from "apache-arrow/fb/compression-type";
import { decodeBytes, type EncodeStep } from "../../bytes/compress/codec.ts";
import { largestLz4FrameBlock } from "../../bytes/compress/lz4-frame.ts";
import { DaqError } from "../../model/errors.ts";
import type { FormatOptions } from "../contract.ts";

/** How the buffers of a record batch are compressed. */
export type BufferCodec = {
  readonly type: CompressionType;
  /** For each part of a buffer. */
  readonly step: EncodeStep;
  /** Parts of at most this many bytes are compressed by themselves. */
  readonly partBytes: number;
  /** For buffers that cannot be made of parts and are larger than `partBytes`; absent: they can. */
  readonly compressLarge?: (bytes: Uint8Array) => Promise<Uint8Array>;
};

export const compressions = ["none", "lz4", "zstd"] as const;

export const maxZstdLevel = 22;

/** The fastest level: recording has to keep up first. */
const defaultZstdLevel = 1;

/** A zstd frame is made in one go; the memory of the workers has room for several of this size. */
const largestZstdPart = 16 << 20;

/** Undefined for "none". Throws `DaqError("format")` for a codec or a level that Arrow IPC does not have. */
export function bufferCodecOf(
  options: Pick<FormatOptions, "compression" | "compressionLevel">,
): BufferCodec | undefined {
  const { compression, compressionLevel } = options;
  if (compression === "none" || compressionLevel === 0) {
    if ((compressions as readonly string[]).includes(compression)) return undefined;
  } else if (compression === "lz4") {
    if (compressionLevel === undefined)
      return {
        type: CompressionType.LZ4_FRAME,
        step: { codec: "lz4-block" },
        partBytes: largestLz4FrameBlock,
      };
    throw new DaqError("format", `Arrow: lz4 has no levels, but compression_level is ${compressionLevel}.`, {
      hint: `Leave compression_level out, or choose zstd (levels 1 to ${maxZstdLevel}).`,
    });
  } else if (compression === "zstd") {
    const level = compressionLevel ?? defaultZstdLevel;
    if (Number.isInteger(level) && level >= 1 && level <= maxZstdLevel)
      return {
        type: CompressionType.ZSTD,
        step: { codec: "zstd", level },
        partBytes: largestZstdPart,
        compressLarge: (bytes) => compressZstd(bytes, level),
      };
    throw new DaqError("format", `Arrow: zstd has no level ${level}.`, {
      hint: `Choose a whole number from 1 to ${maxZstdLevel}; 0 is off.`,
    });
  }
  throw new DaqError("format", `Arrow files cannot be compressed with "${compression}".`, {
    hint: `Choose from: ${compressions.join(", ")}.`,
  });
}

/**
 * What a buffer of a compressed body holds; `expectedBytes` is what its column needs. The memory that is asked for
 * never exceeds that. Throws `DaqError("format")` when the buffer is damaged.
 */
export async function decompressBuffer(
  type: CompressionType,
  stored: Uint8Array,
  expectedBytes: number,
): Promise<Uint8Array> {
  if (stored.byteLength === 0) return stored;
  if (stored.byteLength < 8) throw damaged(`it has ${stored.byteLength} bytes, less than its length prefix`);
  const declared = new DataView(stored.buffer, stored.byteOffset).getBigInt64(0, true);
  const rest = stored.subarray(8);
  if (declared === -1n) return rest;
  // Some writers count the padding of a buffer as a part of it, so a little more than needed is right as well.
  if (declared < BigInt(expectedBytes) || declared > BigInt(expectedBytes) + 64n)
    throw damaged(`it says that it holds ${declared} bytes, where ${expectedBytes} belong`);
  const length = Number(declared);
  if (length > 2 ** 31)
    throw damaged(`it says that it holds ${length} bytes, more than this reader takes in one piece`);
  // LZ4 makes at most 255 bytes of one; a frame that claims more is not worth starting.
  if (type === CompressionType.LZ4_FRAME && length > rest.byteLength * 255)
    throw damaged(`${rest.byteLength} bytes of LZ4 cannot hold ${length}`);
  let bytes: Uint8Array;
  try {
    bytes =
      type === CompressionType.LZ4_FRAME
        ? decodeBytes(rest, [{ codec: "lz4-frame" }], length)
        : await decompressZstd(rest, length);
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (bytes.byteLength !== length) throw damaged(`it holds ${bytes.byteLength} bytes, but says ${length}`);
  return bytes;
}

function damaged(problem: string, cause?: unknown): DaqError {
  return new DaqError("format", `A compressed buffer is damaged: ${problem}.`, {
    hint: "Restore the file from a copy; the batches before this one can still be read.",
    cause,
  });
}

// `ZSTD_c_nbWorkers` must stay unset: with it, the asynchronous call of Node 24 resolves with an empty buffer.
// Told the size, zstd takes its settings for small inputs: 64 KiB of samples became 0.31 instead of 0.36 of their size.
function compressZstd(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const options = {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: bytes.byteLength,
  };
  return new Promise((resolve, reject) => {
    zstdCompress(bytes, options, (error, compressed) =>
      error === null ? resolve(compressed) : reject(error),
    );
  });
}

function decompressZstd(bytes: Uint8Array, maxOutputLength: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, { maxOutputLength }, (error, raw) =>
      error === null ? resolve(raw) : reject(error),
    );
  });
}
