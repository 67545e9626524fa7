/** Wider than any index of a dictionary that fits into memory. */
const widest = 24;

/**
 * Fills `target` with integers of `width` bits from Parquet's hybrid of run lengths and packed bits. Throws `RangeError` when
 * the bytes end before, or are not that.
 */
export function decodeHybrid(bytes: Uint8Array, width: number, target: Uint8Array | Uint32Array): void {
  if (width > widest) throw new RangeError(`it has levels or indexes of ${width} bits`);
  const count = target.length;
  const valueBytes = Math.ceil(width / 8);
  const mask = 2 ** width - 1;
  let position = 0;
  const next = (): number => {
    const byte = bytes[position++];
    if (byte === undefined) throw new RangeError("the levels or indexes of a page end too early");
    return byte;
  };
  for (let filled = 0; filled < count; ) {
    let header = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = next();
      header += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
      if (weight > 2 ** 35) throw new RangeError("a run of levels or indexes is longer than any page");
    }
    if (header < 2) throw new RangeError("a run of levels or indexes is empty");
    if (header % 2 === 0) {
      const run = Math.min(header / 2, count - filled);
      let value = 0;
      for (let at = 0; at < valueBytes; at++) value |= next() << (8 * at);
      target.fill(value & mask, filled, filled + run);
      filled += run;
      continue;
    }
    const end = Math.min(count, filled + Math.floor(header / 2) * 8);
    let word = 0;
    let bits = 0;
    for (; filled < end; filled++) {
      for (; bits < width; bits += 8) word |= next() << bits;
      target[filled] = word & mask;
      word >>>= width;
      bits -= width;
    }
    // The last eight may be more than there are values; what is left of their bytes belongs to nobody.
  }
}
