import { ByteWriter } from "./byte-writer.ts";

/** One step between a chunk in memory and its bytes in the file. */
export type Filter = {
  /** As registered with The HDF Group: 1 deflate, 2 shuffle, 3 fletcher32, 32015 zstd … */
  readonly id: number;
  readonly name?: string;
  /** Bit 0: optional, a chunk may go without it. */
  readonly flags: number;
  /** The filter's parameters: unsigned, 32 bits each. */
  readonly values: readonly number[];
};

/** Filters below this number are the library's own; their names are not stored. */
const firstRegisteredId = 256;

/** A filter pipeline message of version 2; filters in the order in which they are applied when writing. */
export function encodeFilterPipeline(filters: readonly Filter[]): Uint8Array {
  const writer = new ByteWriter().uint8(2).uint8(filters.length);
  for (const { id, name = "", flags, values } of filters) {
    const named = id >= firstRegisteredId;
    writer.uint16(id);
    if (named) writer.uint16(Buffer.byteLength(name) + 1);
    writer.uint16(flags).uint16(values.length);
    if (named) writer.text(name).uint8(0);
    for (const value of values) writer.uint32(value);
  }
  return writer.finish();
}
