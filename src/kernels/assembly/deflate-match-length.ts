/** How many bytes from `candidate` and `at` are the same, at most `longest`; the first `known` are. */
export function matchLength(candidate: usize, at: usize, longest: u32, known: u32): u32 {
  let length = known;
  while (length + 8 <= longest) {
    const difference = load<u64>(candidate + length) ^ load<u64>(at + length);
    if (difference !== 0) return length + <u32>(ctz(difference) >>> 3);
    length += 8;
  }
  while (length < longest && load<u8>(candidate + length) === load<u8>(at + length)) length++;
  return length;
}
