/** Values of a block, and of each of its four miniblocks. */
const blockValues: u32 = 128;
const miniblockValues: u32 = 32;

/**
 * Parquet's DELTA_BINARY_PACKED of `count` (at least 1) integers of 4 or 8 bytes; `target` has room for
 * `deltaBinaryPackedBytes`. The differences of a block are taken from the smallest one and packed in as many bits as the
 * largest of a miniblock needs; where that is more than `widest`, 0 is returned. They wrap around in the width of the
 * integers, as the readers' sums do.
 */
export function deltaBinaryPack(
  elementBytes: u32,
  source: usize,
  count: u32,
  target: usize,
  scratch: usize,
  widest: u32,
): u32 {
  const isWide = elementBytes === 8;
  let to = target;
  to = varint(to, blockValues);
  to = varint(to, blockValues / miniblockValues);
  to = varint(to, count);
  let before: i64 = isWide ? load<i64>(source) : <i64>load<i32>(source);
  to = zigzag(to, before);
  let from = source + elementBytes;
  let rest = count - 1;
  while (rest !== 0) {
    const values = min<u32>(rest, blockValues);
    let smallest = i64.MAX_VALUE;
    for (let at: u32 = 0; at < values; at++) {
      const value: i64 = isWide ? load<i64>(from) : <i64>load<i32>(from);
      let delta = value - before;
      if (!isWide) delta = <i64>(<i32>delta);
      store<i64>(scratch + (at << 3), delta);
      if (delta < smallest) smallest = delta;
      before = value;
      from += elementBytes;
    }
    to = zigzag(to, smallest);
    const widths = to;
    store<u32>(widths, 0);
    to += 4;
    for (let first: u32 = 0; first < values; first += miniblockValues) {
      const filled = min<u32>(values - first, miniblockValues);
      const deltas = scratch + (first << 3);
      let bits: u64 = 0;
      for (let at: u32 = 0; at < filled; at++) {
        let above = <u64>(load<i64>(deltas + (at << 3)) - smallest);
        if (!isWide) above &= 0xffff_ffff;
        store<u64>(deltas + (at << 3), above);
        bits |= above;
      }
      for (let at = filled; at < miniblockValues; at++) store<u64>(deltas + (at << 3), 0);
      const width = 64 - <u32>clz(bits);
      if (<u32>width > widest) return 0;
      store<u8>(widths + first / miniblockValues, <u8>width);
      to = packed(to, deltas, width);
    }
    rest -= values;
  }
  return <u32>(to - target);
}

/** 32 values of `width` bits, least significant bit first: four bytes for each bit of the width. */
function packed(target: usize, source: usize, width: u32): usize {
  if (width === 0) return target;
  let to = target;
  let word: u64 = 0;
  let used: u32 = 0;
  for (let at: u32 = 0; at < miniblockValues; at++) {
    const value = load<u64>(source + (at << 3));
    word |= value << used;
    used += width;
    if (used >= 64) {
      store<u64>(to, word);
      to += 8;
      used -= 64;
      word = used === 0 ? 0 : value >> (width - used);
    }
  }
  if (used !== 0) {
    store<u32>(to, <u32>word);
    to += 4;
  }
  return to;
}

function zigzag(target: usize, value: i64): usize {
  return varint(target, <u64>((value << 1) ^ (value >> 63)));
}

function varint(target: usize, value: u64): usize {
  let to = target;
  let rest = value;
  while (rest > 0x7f) {
    store<u8>(to++, <u8>(rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  store<u8>(to++, <u8>rest);
  return to;
}
