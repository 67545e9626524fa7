/** How many bytes from `later` on, below `end`, are those from `earlier` on; `earlier` lies before `later`. */
export function matchingBytes(earlier: usize, later: usize, end: usize): u32 {
  const start = later;
  while (end - later >= 32) {
    const first = v128.xor(v128.load(earlier), v128.load(later));
    const second = v128.xor(v128.load(earlier, 16), v128.load(later, 16));
    if (v128.any_true(v128.or(first, second))) break;
    earlier += 32;
    later += 32;
  }
  while (end - later >= 8) {
    const difference = load<u64>(earlier) ^ load<u64>(later);
    if (difference !== 0) return <u32>(later - start) + <u32>(ctz(difference) >> 3);
    earlier += 8;
    later += 8;
  }
  while (later !== end && load<u8>(earlier) === load<u8>(later)) {
    earlier++;
    later++;
  }
  return <u32>(later - start);
}
