import { ByteWriter } from "./byte-writer.ts";

/** When the library gives an object its space: matters to programs that write into the file later. */
const allocationTimes = { compact: 1, contiguous: 2, chunked: 3 } as const;

/** "Fill when a value was set": what the library itself writes by default. */
const fillTimeIfSet = 2 << 2;
const fillValueDefined = 0x20;

/** A fill value message of version 3. Without a value, elements that were never written read as 0. */
export function encodeFillValue(layout: keyof typeof allocationTimes, value?: Uint8Array): Uint8Array {
  const flags = allocationTimes[layout] | fillTimeIfSet;
  const writer = new ByteWriter().uint8(3).uint8(value === undefined ? flags : flags | fillValueDefined);
  if (value !== undefined) writer.uint32(value.byteLength).bytes(value);
  return writer.finish();
}
