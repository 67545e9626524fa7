import { unpackTexts } from "../../bytes/length-prefixed-texts.ts";
import { brokenRow } from "../../model/broken-row.ts";
import { DaqError } from "../../model/errors.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { NotReadHere } from "./not-read-here.ts";
import type { TextEntries } from "./text-entries.ts";
import { encodings } from "./words.ts";

/** The values of a page that are there, and where they go. */
export type CellsInPage = {
  readonly encoding: number;
  readonly values: Uint8Array;
  /** Of the values that are there. */
  readonly present: number;
  /** For each record whether it is there; undefined: all are. */
  readonly mask: Uint8Array | undefined;
  /** Of a column of texts whose chunk has a dictionary. */
  readonly entries: TextEntries | undefined;
};

/** Puts texts or bools into `cells`, whose bytes are zero. Throws `RangeError` for damaged bytes. */
export function decodeCells(
  { physical, itemBytes, dtype, name }: ColumnLayout,
  page: CellsInPage,
  cells: Uint8Array,
): void {
  if (physical === "boolean") {
    decodeBools(page, cells);
    return;
  }
  decodeTexts(page, itemBytes, cells);
  const broken = brokenRow({ name, dtype, shape: [], dims: [], maxBytes: itemBytes }, cells, page.mask);
  if (broken !== undefined) throw new RangeError(`text ${broken} of a page is not UTF-8, or has a NUL`);
}

function decodeBools({ encoding, values, present, mask }: CellsInPage, cells: Uint8Array): void {
  const bools = boolsOf(encoding, values, present);
  if (mask === undefined) cells.set(bools);
  else {
    let next = 0;
    for (let row = 0; row < cells.byteLength; row++) if (mask[row] !== 0) cells[row] = bools[next++]!;
  }
}

function boolsOf(encoding: number, values: Uint8Array, present: number): Uint8Array {
  const bools = new Uint8Array(present);
  if (present === 0) return bools;
  if (encoding === encodings.rle) {
    // Its length stands in front.
    decodeHybrid(values.subarray(4), 1, bools);
    return bools;
  }
  if (encoding !== encodings.plain) throw new NotReadHere(`the encoding ${encoding} of booleans`);
  if (values.byteLength * 8 < present) throw new RangeError("a page has fewer values than it says");
  for (let at = 0; at < present; at++) bools[at] = (values[at >> 3]! >> (at & 7)) & 1;
  return bools;
}

function decodeTexts(
  { encoding, values, present, mask, entries }: CellsInPage,
  maxBytes: number,
  cells: Uint8Array,
) {
  if (encoding === encodings.plain) {
    try {
      unpackTexts(values, maxBytes, mask, "left-out", cells);
    } catch (error) {
      throw error instanceof DaqError ? new RangeError(error.message, { cause: error }) : error;
    }
    return;
  }
  if (encoding !== encodings.plainDictionary && encoding !== encodings.rleDictionary)
    throw new NotReadHere(`the encoding ${encoding} of texts`);
  if (entries === undefined) throw new RangeError("a page needs a dictionary that is not there");
  if (present === 0) return;
  const indexes = new Uint32Array(present);
  decodeHybrid(values.subarray(1), values[0] ?? 0, indexes);
  let next = 0;
  for (let row = 0; row < cells.byteLength / maxBytes; row++) {
    if (mask?.[row] === 0) continue;
    const text = entries.at(indexes[next++]!);
    if (text.byteLength > maxBytes)
      throw new RangeError(`a text has ${text.byteLength} bytes, where ${maxBytes} were announced`);
    if (text.at(-1) === 0) throw new RangeError("a text ends with a NUL");
    cells.set(text, row * maxBytes);
  }
}
