import { textBytesAt } from "../../model/text-values.ts";
import type { ColumnLayout } from "./column-layout.ts";
import type { PageRecords } from "./page-records.ts";
import type { Bounds } from "./statistics.ts";

/** Of longer texts the bounds are cut. */
const longestBound = 64;

/** The smallest and the largest text or bool that is there; undefined where none is. */
export function cellBounds(
  { physical, itemBytes }: ColumnLayout,
  { bytes, rows, validity }: PageRecords,
): Bounds | undefined {
  const lengthAt = (at: number) => (physical === "boolean" ? 1 : textBytesAt(bytes, at, itemBytes));
  let [min, minBytes, max, maxBytes] = [-1, 0, -1, 0];
  for (let row = 0; row < rows; row++) {
    if (validity?.[row] === 0) continue;
    const at = row * itemBytes;
    const length = lengthAt(at);
    if (min < 0 || compare(bytes, at, length, min, minBytes) < 0) [min, minBytes] = [at, length];
    if (max < 0 || compare(bytes, at, length, max, maxBytes) > 0) [max, maxBytes] = [at, length];
  }
  if (min < 0) return undefined;
  return cut(bytes.slice(min, min + minBytes), bytes.slice(max, max + maxBytes));
}

/** By unsigned bytes, which for UTF-8 is the order of the characters. */
function compare(
  bytes: Uint8Array,
  left: number,
  leftBytes: number,
  right: number,
  rightBytes: number,
): number {
  const shorter = Math.min(leftBytes, rightBytes);
  for (let at = 0; at < shorter; at++) {
    const difference = bytes[left + at]! - bytes[right + at]!;
    if (difference !== 0) return difference;
  }
  return leftBytes - rightBytes;
}

/** Undefined where no shorter text is above the largest one. */
function cut(min: Uint8Array, max: Uint8Array): Bounds | undefined {
  const shortMin = min.byteLength > longestBound ? wholeCharacters(min) : undefined;
  const shortMax = max.byteLength > longestBound ? textAbove(wholeCharacters(max)) : max;
  if (shortMax === undefined) return undefined;
  return {
    min: shortMin ?? min,
    max: shortMax,
    ...(shortMin === undefined ? {} : { isMinExact: false }),
    ...(shortMax === max ? {} : { isMaxExact: false }),
  };
}

/** As many as fit. */
function wholeCharacters(text: Uint8Array): Uint8Array {
  let end = longestBound;
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}

/** The shortest text behind all that begin like this: its last character that has a next one is that one. */
function textAbove(text: Uint8Array): Uint8Array | undefined {
  const characters = [...new TextDecoder("utf-8", { ignoreBOM: true }).decode(text)];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0)!;
    if (code === 0x10ffff) continue;
    const next = String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
    return new TextEncoder().encode(characters.join("") + next);
  }
  return undefined;
}
