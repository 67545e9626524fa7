import { DaqError } from "../model/errors.ts";
import type { RingOptions } from "./ring-options.ts";
import { type ReaderOptions, RingReader } from "./ring-reader.ts";
import { RingWriter } from "./ring-writer.ts";

/** A size in bytes, or in MiB (1,048,576 bytes): one of the two, and never a number that does not say which. */
export type RingBufferSize =
  | { readonly sizeBytes: number; readonly sizeMb?: never }
  | { readonly sizeMb: number; readonly sizeBytes?: never };

/** Beside the size: what a full ring does. With `overflow: "resize"`, at most one of the two largest sizes. */
export type RingBufferOptions = RingBufferSize &
  Omit<RingOptions, "sizeBytes"> & { readonly maxSizeMb?: number };

/** The producing side, which `RingBuffer.create` gives. */
export type RingBuffer = RingWriter;

const mebibyte = 2 ** 20;

/** The ring as a library user meets it: `create` in the process that acquires, `attach` wherever it is read. */
export const RingBuffer = {
  /**
   * Makes the ring's file, best in /dev/shm; all of it is allocated at once. Throws `DaqError("usage")` when the size
   * is not given exactly once, `DaqError("ring")` when there is no space for it or the path is taken.
   */
  create(path: string, options: RingBufferOptions): RingWriter {
    if (typeof options !== "object" || options === null)
      throw usage(
        `RingBuffer.create("${path}", ${String(options)}) does not say what the size is.`,
        `Write { sizeMb: ${String(options)} } or { sizeBytes: ${String(options)} }.`,
      );
    const { sizeMb, sizeBytes, maxSizeMb, maxSizeBytes, ...others } = options;
    const size = inBytes(path, "size", sizeMb, sizeBytes);
    if (size === undefined)
      throw usage(`RingBuffer.create("${path}") needs a size.`, "Write { sizeMb: 100 }, for example.");
    const largest = inBytes(path, "maxSize", maxSizeMb, maxSizeBytes);
    return RingWriter.create(path, {
      ...others,
      sizeBytes: size,
      ...(largest === undefined ? {} : { maxSizeBytes: largest }),
    });
  },

  /** Opens a ring that another process made, or this one. Throws `DaqError("ring")`. */
  attach(path: string, options: ReaderOptions): RingReader {
    return RingReader.attach(path, options);
  },
} as const;

function inBytes(
  path: string,
  key: "size" | "maxSize",
  megabytes: number | undefined,
  bytes: number | undefined,
): number | undefined {
  if (megabytes !== undefined && bytes !== undefined)
    throw usage(`RingBuffer.create("${path}") got both ${key}Mb and ${key}Bytes.`, "Keep one of them.");
  return megabytes === undefined ? bytes : megabytes * mebibyte;
}

function usage(message: string, hint: string): DaqError {
  return new DaqError("usage", message, { hint });
}
