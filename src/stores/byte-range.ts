/**
 * A part of an object as one request asks for it: from an offset on, or the last bytes. `stat` where the object's length has
 * to be known first.
 */
export type ByteRange =
  | { readonly kind: "from"; readonly offset: number; readonly length: number }
  | { readonly kind: "last"; readonly length: number }
  | { readonly kind: "stat" };

export function byteRange(offsetBytes: number, length: number): ByteRange {
  if (length === 0) return { kind: "stat" };
  if (offsetBytes >= 0) return { kind: "from", offset: offsetBytes, length };
  // The last bytes, whole: longer than asked for would cost memory and money.
  return length >= -offsetBytes ? { kind: "last", length: -offsetBytes } : { kind: "stat" };
}

/** The same for an object whose length is known; undefined where nothing of it is asked for. */
export function knownRange(
  offsetBytes: number,
  length: number,
  objectBytes: number,
): { readonly offset: number; readonly length: number } | undefined {
  const offset = offsetBytes < 0 ? Math.max(0, objectBytes + offsetBytes) : offsetBytes;
  const wanted = Math.min(length, objectBytes - offset);
  return wanted > 0 ? { offset, length: wanted } : undefined;
}

/** The value of HTTP's `Range` header. */
export function rangeHeader(range: { readonly offset: number; readonly length: number }): string {
  const last = range.offset + range.length - 1;
  return Number.isSafeInteger(last) ? `bytes=${range.offset}-${last}` : `bytes=${range.offset}-`;
}
