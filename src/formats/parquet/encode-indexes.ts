/** Fewer equal ones are packed with their neighbours. */
const shortestRun = 8;

/**
 * Indexes of a dictionary of `entries` values as a page has them: their width in bits, then runs of equal ones and groups of
 * eight packed ones, as they come. (Parquet's encodings, "RLE / bit-packing hybrid".)
 */
export function encodeIndexes(indexes: Uint32Array, entries: number): Uint8Array {
  const width = entries <= 1 ? 0 : 32 - Math.clz32(entries - 1);
  const indexBytes = Math.ceil(width / 8);
  // Packed, all of them; a run takes less room than the eight that it stands for would, but for its varint.
  const target = new Uint8Array(1 + Math.ceil(indexes.length / 8) * (Math.max(width, indexBytes) + 5) + 10);
  target[0] = width;
  let end = 1;
  const varint = (value: number): void => {
    let rest = value;
    while (rest > 0x7f) {
      target[end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    target[end++] = rest;
  };
  const packed = (from: number, to: number): void => {
    if (from === to) return;
    const groups = Math.ceil((to - from) / 8);
    varint(groups * 2 + 1);
    let bits = 0;
    let held = 0;
    for (let at = from; at < from + groups * 8; at++) {
      // At most 7 held bits and 16 new ones.
      held |= (at < to ? indexes[at]! : 0) << bits;
      bits += width;
      for (; bits >= 8; bits -= 8) {
        target[end++] = held & 0xff;
        held >>>= 8;
      }
    }
  };
  let waiting = 0;
  for (let at = 0; at < indexes.length; ) {
    let to = at + 1;
    while (to < indexes.length && indexes[to] === indexes[at]) to++;
    // Only whole groups of eight may stand before a run.
    const lead = Math.min(to - at, (8 - ((at - waiting) % 8)) % 8);
    if (to - at - lead < shortestRun) {
      at = to;
      continue;
    }
    packed(waiting, at + lead);
    varint((to - at - lead) * 2);
    for (let byte = 0; byte < indexBytes; byte++) target[end++] = (indexes[at]! >>> (8 * byte)) & 0xff;
    at = to;
    waiting = to;
  }
  packed(waiting, indexes.length);
  return target.subarray(0, end);
}
