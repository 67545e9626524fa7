import type { Column } from "./stream-schema.ts";
import { textBytesAt } from "./text-values.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The first row whose bytes are no value of the column: a text that is not UTF-8 or goes on behind its end, a bool that is
 * neither 0 nor 1. Undefined where there is none. Bytes of missing values (`validity` 0) are whatever they are.
 */
export function brokenRow(
  { dtype, maxBytes = 0 }: Column,
  bytes: Uint8Array,
  validity: Uint8Array | undefined,
): number | undefined {
  if (dtype === "bool") {
    for (let row = 0; row < bytes.byteLength; row++) if (bytes[row]! > 1 && validity?.[row] !== 0) return row;
    return undefined;
  }
  if (dtype !== "string") return undefined;
  for (let at = 0, row = 0; at < bytes.byteLength; at += maxBytes, row++)
    if (validity?.[row] !== 0 && !isText(bytes, at, maxBytes)) return row;
  return undefined;
}

function isText(bytes: Uint8Array, at: number, maxBytes: number): boolean {
  const end = at + textBytesAt(bytes, at, maxBytes);
  for (let rest = end; rest < at + maxBytes; rest++) if (bytes[rest] !== 0) return false;
  for (let place = at; place < end; place++)
    if (bytes[place]! >= 0x80) return isUtf8(bytes.subarray(at, end));
  return true;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
