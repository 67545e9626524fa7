/** For each offset below 16: which of the bytes from there on repeat to a vector. */
// biome-ignore format: one line an offset
const patterns = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
]);

/** The most bytes of a vector that are whole repetitions. */
// biome-ignore format: one line
const wholeRepetitions = memory.data<u8>([0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15]);

/**
 * Repeats the `bytes` that lie `offset` in front of `to`; where the offset is smaller, what is copied is copied again.
 * Up to 16 bytes behind them are written too, but never more than `room` in all, which is at least `bytes`.
 */
export function copyMatch(to: usize, offset: u32, bytes: u32, room: u32): void {
  const from = to - offset;
  const vectorStarts: u32 = room < 16 ? 0 : min<u32>(bytes, room - 15);
  let at: u32 = 0;
  if (offset >= 16) {
    for (; at < vectorStarts; at += 16) v128.store(to + at, v128.load(from + at));
  } else if (vectorStarts !== 0) {
    const pattern = v128.swizzle(v128.load(from), v128.load(patterns + (offset << 4)));
    const step = <u32>load<u8>(wholeRepetitions + offset);
    for (; at < vectorStarts; at += step) v128.store(to + at, pattern);
  }
  for (; at < bytes; at++) store<u8>(to + at, load<u8>(from + at));
}
