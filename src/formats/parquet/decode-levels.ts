/** Levels of the hybrid encoding, `count` of them. Throws `RangeError` when the bytes end before. */
export function decodeLevels(bytes: Uint8Array, width: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  let position = 0;
  const next = (): number => {
    const byte = bytes[position++];
    if (byte === undefined) throw new RangeError("the levels of a page end too early");
    return byte;
  };
  for (let filled = 0; filled < count; ) {
    let header = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = next();
      header += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
      if (weight > 2 ** 35) throw new RangeError("a run of levels is longer than any page");
    }
    if (header % 2 === 0) {
      const run = Math.min(header / 2, count - filled);
      levels.fill(next(), filled, filled + run);
      filled += run;
      if (run === 0) throw new RangeError("a run of levels is empty");
      continue;
    }
    const values = Math.floor(header / 2) * 8;
    if (values === 0) throw new RangeError("a run of levels is empty");
    let word = 0;
    let bits = 0;
    for (let at = 0; at < values; at++) {
      if (bits < width) {
        word |= next() << bits;
        bits += 8;
      }
      if (filled < count) levels[filled++] = word & ((1 << width) - 1);
      word >>= width;
      bits -= width;
    }
  }
  return levels;
}
