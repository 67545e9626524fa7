/** Byte planes: all first bytes, then all second bytes; bytes behind the last whole element stay at the end. */
export function shuffle(elementBytes: u32, source: usize, length: u32, target: usize): void {
  const elements = length / elementBytes;
  for (let plane: u32 = 0; plane < elementBytes; plane++)
    for (let element: u32 = 0; element < elements; element++)
      store<u8>(target + plane * elements + element, load<u8>(source + element * elementBytes + plane));
  const whole = elements * elementBytes;
  memory.copy(target + whole, source + whole, length - whole);
}

/** The inverse of `shuffle`. */
export function unshuffle(elementBytes: u32, source: usize, length: u32, target: usize): void {
  const elements = length / elementBytes;
  for (let plane: u32 = 0; plane < elementBytes; plane++)
    for (let element: u32 = 0; element < elements; element++)
      store<u8>(target + element * elementBytes + plane, load<u8>(source + plane * elements + element));
  const whole = elements * elementBytes;
  memory.copy(target + whole, source + whole, length - whole);
}
