import { mostPackedBytes, packTexts } from "../../bytes/length-prefixed-texts.ts";
import type { ColumnLayout } from "./column-layout.ts";
import type { PageEncoding } from "./page.ts";
import type { PageRecords } from "./page-records.ts";
import { presentRecords } from "./plain-values.ts";
import { TextDictionary } from "./text-dictionary.ts";
import type { ValueEncoder } from "./value-encoding.ts";

/** The texts or bools of a page, encoded but not compressed. */
export type EncodedCells = {
  readonly bytes: Uint8Array;
  readonly encoding: PageEncoding;
  /** What the dictionary has more than before. */
  readonly entries?: Uint8Array;
};

/** Encodes the values that are there; undefined when the dictionary has no room for them, and nothing else was wanted. */
export function encodeCells(
  { physical, itemBytes }: ColumnLayout,
  { bytes, rows, validity }: PageRecords,
  encoder: ValueEncoder,
): EncodedCells | undefined {
  if (physical === "boolean") return { bytes: packedBits(bytes, rows, validity), encoding: "plain" };
  const cells = bytes.subarray(0, rows * itemBytes);
  if (encoder.encoding === "rleDictionary" && encoder.dictionary instanceof TextDictionary) {
    const encoded = encoder.dictionary.encode(encoder.group, cells, itemBytes, validity);
    if (encoded !== undefined) return { ...encoded, encoding: "rleDictionary" };
    if (encoder.fallback === undefined) return undefined;
  }
  const target = new Uint8Array(mostPackedBytes(presentRecords(rows, validity), itemBytes));
  const length = packTexts(cells, itemBytes, validity, "left-out", target);
  return { bytes: target.subarray(0, length), encoding: "plain" };
}

/** Eight to a byte, the first one in the lowest bit. */
function packedBits(values: Uint8Array, rows: number, validity: Uint8Array | undefined): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows / 8));
  let present = 0;
  for (let row = 0; row < rows; row++) {
    if (validity?.[row] === 0) continue;
    if (values[row] !== 0) bits[present >> 3]! |= 1 << (present & 7);
    present++;
  }
  return bits.subarray(0, Math.ceil(present / 8));
}
