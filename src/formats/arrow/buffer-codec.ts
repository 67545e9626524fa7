import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { CompressionType } from "apache-arrow/fb/compression-type";
import { compressFrame, decompressFrame } from "lz4-napi";
import { DaqError } from "../../model/errors.ts";
import type { FormatOptions } from "../contract.ts";

/** Compresses the buffers of a record batch one by one, off the main thread. */
export type BufferCodec = {
  readonly type: CompressionType;
  /** `bytes` are borrowed until the promise settles. */
  readonly compress: (bytes: Uint8Array) => Promise<Uint8Array>;
};

export const compressions = ["none", "lz4", "zstd"] as const;

export const maxZstdLevel = 22;

/** The fastest level: recording has to keep up first. */
const defaultZstdLevel = 1;

/** Buffers from here on are stored as they are: the codecs work on one piece of memory, in and out. */
export const largestCompressedBytes = 2 ** 30;

/** No more than libuv's threads work at a time; a codec that waits for a thread only holds memory. */
const buffersInFlight = 4;

/** Undefined for "none". Throws `DaqError("format")` for a codec or a level that Arrow IPC does not have. */
export function bufferCodecOf(
  options: Pick<FormatOptions, "compression" | "compressionLevel">,
): BufferCodec | undefined {
  const { compression, compressionLevel } = options;
  if (compression === "none" || compressionLevel === 0) {
    if ((compressions as readonly string[]).includes(compression)) return undefined;
  } else if (compression === "lz4") {
    if (compressionLevel === undefined) return { type: CompressionType.LZ4_FRAME, compress: compressFrame };
    throw new DaqError("format", `Arrow: lz4 has no levels, but compression_level is ${compressionLevel}.`, {
      hint: `Leave compression_level out, or choose zstd (levels 1 to ${maxZstdLevel}).`,
    });
  } else if (compression === "zstd") {
    const level = compressionLevel ?? defaultZstdLevel;
    if (Number.isInteger(level) && level >= 1 && level <= maxZstdLevel)
      return { type: CompressionType.ZSTD, compress: (bytes) => compressZstd(bytes, level) };
    throw new DaqError("format", `Arrow: zstd has no level ${level}.`, {
      hint: `Choose a whole number from 1 to ${maxZstdLevel}; 0 is off.`,
    });
  }
  throw new DaqError("format", `Arrow files cannot be compressed with "${compression}".`, {
    hint: `Choose from: ${compressions.join(", ")}.`,
  });
}

/**
 * The buffers as they stand in a compressed body: empty ones stay empty, each other one is its length (int64) and the
 * compressed bytes, or −1 and the bytes themselves where compression did not make it smaller.
 */
export async function compressBuffers(
  codec: BufferCodec,
  buffers: readonly Uint8Array[],
): Promise<readonly (readonly Uint8Array[])[]> {
  const compressed: (readonly Uint8Array[])[] = new Array(buffers.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < buffers.length) {
      const index = next++;
      compressed[index] = await compressBuffer(codec, buffers[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(buffersInFlight, buffers.length) }, work));
  return compressed;
}

async function compressBuffer(codec: BufferCodec, bytes: Uint8Array): Promise<readonly Uint8Array[]> {
  if (bytes.byteLength === 0) return [];
  if (bytes.byteLength <= largestCompressedBytes) {
    const smaller = await codec.compress(bytes);
    if (smaller.byteLength === 0)
      throw new DaqError("io", `A codec gave nothing for ${bytes.byteLength} bytes.`, {
        hint: "This is a fault of the compression library; record without compression.",
      });
    if (smaller.byteLength < bytes.byteLength) return [lengthPrefix(bytes.byteLength), smaller];
  }
  return [lengthPrefix(-1), bytes];
}

function lengthPrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigInt64(0, BigInt(length), true);
  return prefix;
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
      type === CompressionType.LZ4_FRAME ? await decompressFrame(rest) : await decompressZstd(rest, length);
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
