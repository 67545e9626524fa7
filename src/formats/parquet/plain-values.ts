import { numberDType, typedView } from "../../model/dtype.ts";
import type { ColumnLayout } from "./column-layout.ts";

/** How many of the first `records` are there. */
export function presentRecords(records: number, validity: Uint8Array | undefined): number {
  if (validity === undefined) return records;
  let present = 0;
  for (let at = 0; at < records; at++) if (validity[at] !== 0) present++;
  return present;
}

/**
 * Writes the numbers of the records that are there, in Parquet's plain encoding, to `target`, which has room for all of
 * them. Integers of 8 and 16 bits become 32 bits wide.
 */
export function writePlainValues(
  layout: ColumnLayout,
  bytes: Uint8Array,
  records: number,
  validity: Uint8Array | undefined,
  target: Uint8Array,
): void {
  const { itemBytes, elements, valueBytes } = layout;
  const isWidened = itemBytes !== elements * valueBytes;
  const used = bytes.subarray(0, records * itemBytes);
  if (validity === undefined) {
    if (isWidened) widen(layout, used, target);
    else target.set(used);
    return;
  }
  const targetBytes = elements * valueBytes;
  let to = 0;
  // Runs of records that are there are copied in one go.
  for (let from = 0; from < records; ) {
    if (validity[from] === 0) {
      from++;
      continue;
    }
    let end = from + 1;
    while (end < records && validity[end] !== 0) end++;
    const run = used.subarray(from * itemBytes, end * itemBytes);
    const place = target.subarray(to, to + (end - from) * targetBytes);
    if (isWidened) widen(layout, run, place);
    else place.set(run);
    to += place.byteLength;
    from = end;
  }
}

function widen({ dtype }: ColumnLayout, bytes: Uint8Array, target: Uint8Array): void {
  const source = typedView(numberDType(dtype), bytes);
  if (source instanceof BigInt64Array || source instanceof BigUint64Array) return;
  const isAligned = target.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0;
  if (isAligned) new Int32Array(target.buffer, target.byteOffset, source.length).set(source);
  else target.set(new Uint8Array(Int32Array.from(source).buffer));
}
