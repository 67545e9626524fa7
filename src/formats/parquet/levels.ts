import type { ColumnLayout } from "./column-layout.ts";
import { maxDefinition } from "./column-layout.ts";

/** Room that one run takes at most: its varint of 32 bits, and a level. */
const runBytes = 6;

/** Collects runs of equal levels in the hybrid of run lengths and packed bits that Parquet has for levels. */
class LevelRuns {
  #bytes: Uint8Array;
  #length = 4;

  constructor(roomBytes: number) {
    this.#bytes = new Uint8Array(4 + roomBytes);
  }

  run(level: number, count: number): void {
    this.#varint(count * 2);
    this.#bytes[this.#length++] = level;
  }

  /** Levels 0 and 1, one byte each in `mask`, packed eight to a byte. */
  packed(mask: Uint8Array): void {
    const groups = Math.ceil(mask.length / 8);
    this.#varint(groups * 2 + 1);
    for (let at = 0; at < mask.length; at += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) if ((mask[at + bit] ?? 0) !== 0) byte |= 1 << bit;
      this.#bytes[this.#length++] = byte;
    }
  }

  /** With the length in front, as data pages of version 1 have it. */
  bytes(): Uint8Array {
    new DataView(this.#bytes.buffer).setUint32(0, this.#length - 4, true);
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }
}

/** The levels before the values of a page, and how many values the page counts, missing ones included. */
export function encodeLevels(
  layout: ColumnLayout,
  records: number,
  validity: Uint8Array | undefined,
): { readonly bytes: Uint8Array; readonly values: number } {
  const isMissing = (record: number): boolean => validity !== undefined && validity[record] === 0;
  const top = maxDefinition(layout);
  if (top === 0) return { bytes: new Uint8Array(0), values: records };
  if (!layout.isList) {
    const levels = new LevelRuns(runBytes + Math.ceil(records / 8));
    if (validity === undefined || !validity.subarray(0, records).includes(0)) levels.run(1, records);
    else levels.packed(validity.subarray(0, records));
    return { bytes: levels.bytes(), values: records };
  }
  const { elements } = layout;
  const repetition = new LevelRuns(runBytes * 2 * records);
  const definition = new LevelRuns(runBytes * records);
  let values = 0;
  for (let record = 0; record < records; ) {
    const missing = isMissing(record);
    let end = record + 1;
    while (end < records && isMissing(end) === missing) end++;
    const count = end - record;
    record = end;
    definition.run(missing ? 0 : top, missing ? count : count * elements);
    values += missing ? count : count * elements;
    if (missing || elements === 1) repetition.run(0, count);
    else
      for (let at = 0; at < count; at++) {
        repetition.run(0, 1);
        repetition.run(1, elements - 1);
      }
  }
  const [first, second] = [repetition.bytes(), definition.bytes()];
  const bytes = new Uint8Array(first.byteLength + second.byteLength);
  bytes.set(first);
  bytes.set(second, first.byteLength);
  return { bytes, values };
}
