const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Room for a text of which nobody says how long it can get. */
export const usualTextBytes = 1024;

/** Longest text, in bytes, that a column may announce. */
export const mostTextBytes = 65_535;

/**
 * What keeps a text from being a value of a column with room for `maxBytes` bytes of UTF-8; undefined when nothing does.
 * A NUL would end it, and half a surrogate pair has no UTF-8.
 */
export function textProblem(text: string, maxBytes: number): string | undefined {
  if (text.includes("\0")) return "has a NUL character";
  if (!text.isWellFormed()) return "has half of a surrogate pair, which is no character";
  if (text.length * 3 <= maxBytes) return undefined;
  const bytes = encoder.encode(text).byteLength;
  return bytes <= maxBytes ? undefined : `is ${bytes} bytes long in UTF-8, where ${maxBytes} fit`;
}

/**
 * Puts a text that has no `textProblem` into its cell, `maxBytes` long: UTF-8 from the start, zeros behind it.
 */
export function putText(cell: Uint8Array, text: string): void {
  const { written } = encoder.encodeInto(text, cell);
  cell.fill(0, written);
}

/** Bytes of the text in the cell that begins at `at`: up to the first zero, or all of the cell. */
export function textBytesAt(bytes: Uint8Array, at: number, maxBytes: number): number {
  let end = at;
  const limit = at + maxBytes;
  while (end < limit && bytes[end] !== 0) end++;
  return end - at;
}

/** The text in the cell that begins at `at`. Throws `TypeError` where it is not UTF-8. */
export function textAt(bytes: Uint8Array, at: number, maxBytes: number): string {
  return decoder.decode(bytes.subarray(at, at + textBytesAt(bytes, at, maxBytes)));
}
