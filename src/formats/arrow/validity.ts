/** How many of the first `count` records the byte mask calls missing. */
export function missingCount(mask: Uint8Array, count: number): number {
  let missing = 0;
  for (let index = 0; index < count; index++) if (mask[index] === 0) missing++;
  return missing;
}

export function bitmapBytes(count: number): number {
  return Math.ceil(count / 8);
}

/** Byte mask (1 valid, 0 missing) to bitmap, least significant bit first. `bitmap` has room; unused bits become 0. */
export function encodeBitmap(mask: Uint8Array, count: number, bitmap: Uint8Array): void {
  const whole = count >> 3;
  let from = 0;
  for (let index = 0; index < whole; index++, from += 8) {
    bitmap[index] =
      (mask[from] !== 0 ? 1 : 0) |
      (mask[from + 1] !== 0 ? 2 : 0) |
      (mask[from + 2] !== 0 ? 4 : 0) |
      (mask[from + 3] !== 0 ? 8 : 0) |
      (mask[from + 4] !== 0 ? 16 : 0) |
      (mask[from + 5] !== 0 ? 32 : 0) |
      (mask[from + 6] !== 0 ? 64 : 0) |
      (mask[from + 7] !== 0 ? 128 : 0);
  }
  if (from === count) return;
  let last = 0;
  for (let bit = 0; from + bit < count; bit++) if (mask[from + bit] !== 0) last |= 1 << bit;
  bitmap[whole] = last;
}

/** Bitmap to byte mask. */
export function decodeBitmap(bitmap: Uint8Array, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  for (let index = 0; index < count; index++) mask[index] = (bitmap[index >> 3]! >> (index & 7)) & 1;
  return mask;
}
