/**
 * Zero, and what is no finite number, in XSD's spellings. A negative zero is "-0.0" because a reader that guesses types
 * would take "-0" for an integer and lose the sign.
 */
export function writeSpecial(at: usize, value: f64): usize {
  if (value == 0) {
    const isNegative = reinterpret<u64>(value) != 0;
    store<u32>(at, isNegative ? 0x302e302d : 0x30);
    return at + (isNegative ? 4 : 1);
  }
  if (value != value) {
    store<u32>(at, 0x4e614e);
    return at + 3;
  }
  store<u32>(at, value > 0 ? 0x464e49 : 0x464e492d);
  return at + (value > 0 ? 3 : 4);
}
