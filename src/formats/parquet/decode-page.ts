import { decodeBytes, type EncodeStep } from "../../bytes/compress/codec.ts";
import { numberDType, typedView } from "../../model/dtype.ts";
import { type ColumnLayout, isOfCells } from "./column-layout.ts";
import { decodeCells } from "./decode-cells.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { decodeValues } from "./decode-values.ts";
import type { DataPageHeader } from "./page-header.ts";
import type { TextEntries } from "./text-entries.ts";
import { encodings } from "./words.ts";

/** How often a leaf and what is above it may be missing, and may repeat. */
export type LeafLevels = { readonly maxDefinition: number; readonly maxRepetition: number };

/** Where the records of a column chunk go. */
export type ColumnTarget = {
  readonly bytes: Uint8Array;
  /** Of a nullable column. */
  readonly validity: Uint8Array | undefined;
  readonly rows: number;
};

export type PageBody = {
  readonly header: DataPageHeader;
  readonly bytes: Uint8Array;
  readonly step: EncodeStep | undefined;
  readonly dictionary: Uint8Array | undefined;
  /** In place of `dictionary`, for texts. */
  readonly entries: TextEntries | undefined;
};

/** Puts the records of a page to their places from `row` on; returns how many. Throws `RangeError` for a damaged page. */
export function decodePage(
  layout: ColumnLayout,
  leaf: LeafLevels,
  { header, bytes, step, dictionary, entries }: PageBody,
  target: ColumnTarget,
  row: number,
): number {
  const most = (target.rows - row) * layout.elements;
  if (header.values > most) throw new RangeError("it holds more records than its row group");
  const raw = rawBody(header, bytes, step);
  const { repetition, definition, values } = splitBody(leaf, header, raw);
  const there = recordsIn(header.values, leaf, repetition, definition);
  if (row + there.records > target.rows) throw new RangeError("it holds more records than its row group");
  if (there.present !== (there.records - there.missing) * layout.elements)
    throw new RangeError("its lists are not of the length that the stream has");
  if (there.missing > 0 && target.validity === undefined)
    throw new RangeError("it has missing values, which its stream does not have");
  if (isOfCells(layout)) {
    const { itemBytes } = layout;
    const cells = target.bytes.subarray(row * itemBytes, (row + there.records) * itemBytes);
    const { present, mask } = there;
    decodeCells(layout, { encoding: header.encoding, values, present, mask, entries }, cells);
    if (mask === undefined) target.validity?.fill(1, row, row + there.records);
    else target.validity?.set(mask.subarray(0, there.records), row);
    return there.records;
  }
  const wide = decodeValues(layout, header.encoding, values, there.present, dictionary);
  place(narrowed(layout, wide, there.present), layout.itemBytes, there, target, row);
  return there.records;
}

/** Levels and values without compression. */
function rawBody(header: DataPageHeader, bytes: Uint8Array, step: EncodeStep | undefined): Uint8Array {
  if (step === undefined || !header.isCompressed) return bytes;
  const { levels, rawBytes } = header;
  if (levels === undefined) return decompressed(bytes, step, rawBytes);
  const levelBytes = levels.repetitionBytes + levels.definitionBytes;
  if (levelBytes > bytes.byteLength || levelBytes > rawBytes)
    throw new RangeError("the levels of a page are longer than the page");
  const raw = new Uint8Array(rawBytes);
  raw.set(bytes.subarray(0, levelBytes));
  // A page without values may have nothing there.
  if (levelBytes < bytes.byteLength)
    raw.set(decompressed(bytes.subarray(levelBytes), step, rawBytes - levelBytes), levelBytes);
  return raw;
}

export function decompressed(bytes: Uint8Array, step: EncodeStep, rawBytes: number): Uint8Array {
  try {
    return decodeBytes(bytes, [step], rawBytes);
  } catch (cause) {
    throw new RangeError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

type Levels = {
  readonly repetition: Uint8Array | undefined;
  readonly definition: Uint8Array | undefined;
  readonly values: Uint8Array;
};

function splitBody(leaf: LeafLevels, header: DataPageHeader, raw: Uint8Array): Levels {
  let from = 0;
  const levels = (most: number, stated: number | undefined): Uint8Array | undefined => {
    let bytes = stated;
    if (bytes === undefined) {
      if (most === 0) return undefined;
      if (from + 4 > raw.byteLength) throw new RangeError("a page ends within its levels");
      bytes = new DataView(raw.buffer, raw.byteOffset, raw.byteLength).getUint32(from, true);
      from += 4;
    }
    const part = raw.subarray(from, from + bytes);
    from += bytes;
    if (from > raw.byteLength) throw new RangeError("a page ends within its levels");
    if (most === 0) return undefined;
    const decoded = new Uint8Array(header.values);
    decodeHybrid(part, 32 - Math.clz32(most), decoded);
    return decoded;
  };
  const repetition = levels(leaf.maxRepetition, header.levels?.repetitionBytes);
  const definition = levels(leaf.maxDefinition, header.levels?.definitionBytes);
  return { repetition, definition, values: raw.subarray(from) };
}

type RecordsInPage = {
  readonly records: number;
  readonly missing: number;
  /** Values that are there. */
  readonly present: number;
  /** For each record whether it is there; undefined: all are. */
  readonly mask?: Uint8Array;
};

function recordsIn(
  entries: number,
  { maxDefinition }: LeafLevels,
  repetition: Uint8Array | undefined,
  definition: Uint8Array | undefined,
): RecordsInPage {
  const mask = new Uint8Array(entries);
  let records = 0;
  let missing = 0;
  let present = 0;
  for (let at = 0; at < entries; at++) {
    const level = definition === undefined ? maxDefinition : definition[at]!;
    if (level !== 0 && level !== maxDefinition) throw new RangeError("it has lists with gaps, or empty ones");
    const isThere = level === maxDefinition;
    if (isThere) present++;
    if (repetition !== undefined && repetition[at] !== 0) {
      if (records === 0) throw new RangeError("a page begins within a record");
      continue;
    }
    if (!isThere) missing++;
    mask[records++] = isThere ? 1 : 0;
  }
  return missing === 0 ? { records, missing, present } : { records, missing, present, mask };
}

/** In the width of the dtype. */
function narrowed({ dtype, itemBytes, elements, valueBytes }: ColumnLayout, wide: Uint8Array, count: number) {
  if (itemBytes === elements * valueBytes) return wide;
  const narrow = new Uint8Array((count * itemBytes) / elements);
  const target = typedView(numberDType(dtype), narrow);
  const source = new Int32Array(wide.buffer, wide.byteOffset, count);
  if (!(target instanceof BigInt64Array || target instanceof BigUint64Array)) target.set(source);
  return narrow;
}

function place(
  values: Uint8Array,
  itemBytes: number,
  { records, mask }: RecordsInPage,
  { bytes, validity }: ColumnTarget,
  row: number,
): void {
  if (mask === undefined) {
    bytes.set(values, row * itemBytes);
    validity?.fill(1, row, row + records);
    return;
  }
  let next = 0;
  for (let at = 0; at < records; at++) {
    if (mask[at] === 0) continue;
    bytes.set(values.subarray(next, next + itemBytes), (row + at) * itemBytes);
    next += itemBytes;
    if (validity !== undefined) validity[row + at] = 1;
  }
}

export function isDictionaryEncoding(encoding: number): boolean {
  return encoding === encodings.plain || encoding === encodings.plainDictionary;
}
