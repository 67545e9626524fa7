/**
 * Decodes a raw LZ4 block whose matches may reach back to `historyStart`: frames of other programs link their blocks.
 * Returns the decoded bytes, or −1 when the block is damaged or does not fit. Frames that we write have no such blocks,
 * so this is made for being right rather than fast.
 */
export function decodeLinkedLz4Block(
  bytes: Uint8Array,
  source: number,
  length: number,
  target: number,
  capacity: number,
  historyStart: number,
): number {
  const sourceEnd = source + length;
  const targetEnd = target + capacity;
  let from = source;
  let to = target;

  /** Adds the bytes behind a length field that is full; −1 when they do not end. */
  const extended = (field: number): number => {
    if (field < 15) return field;
    let sum = field;
    while (from < sourceEnd) {
      const more = bytes[from++]!;
      sum += more;
      if (more < 255) return sum;
    }
    return -1;
  };

  while (from < sourceEnd) {
    const token = bytes[from++]!;
    const literals = extended(token >>> 4);
    if (literals < 0 || literals > sourceEnd - from || literals > targetEnd - to) return -1;
    bytes.copyWithin(to, from, from + literals);
    from += literals;
    to += literals;
    if (from === sourceEnd) return to - target;
    if (sourceEnd - from < 2) return -1;
    const distance = bytes[from]! | (bytes[from + 1]! << 8);
    from += 2;
    const match = extended(token & 15) + 4;
    if (match < 4 || distance === 0 || distance > to - historyStart || match > targetEnd - to) return -1;
    if (distance >= match) bytes.copyWithin(to, to - distance, to - distance + match);
    else for (let at = to; at < to + match; at++) bytes[at] = bytes[at - distance]!;
    to += match;
  }
  return -1;
}
