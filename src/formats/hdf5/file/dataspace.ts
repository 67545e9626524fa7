import { ByteWriter } from "./byte-writer.ts";

const unlimited = 0xffff_ffff_ffff_ffffn;

/** A dataspace message of version 2. No dims: a scalar. `growing`: the first dimension has no limit. */
export function encodeDataspace(dims: readonly number[], growing = false): Uint8Array {
  const writer = new ByteWriter()
    .uint8(2)
    .uint8(dims.length)
    .uint8(growing ? 1 : 0)
    .uint8(dims.length === 0 ? 0 : 1);
  for (const dim of dims) writer.uint64(dim);
  if (growing) for (const [index, dim] of dims.entries()) writer.uint64(index === 0 ? unlimited : dim);
  return writer.finish();
}

/** The first extent in a dataspace message of version 2; undefined when it has none. */
export function firstExtent(message: Uint8Array | undefined): number | undefined {
  if (message === undefined || message.byteLength < 12 || message[0] !== 2 || message[1] === 0)
    return undefined;
  return Number(new DataView(message.buffer, message.byteOffset).getBigUint64(4, true));
}

/** Elements in a dataspace: 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
