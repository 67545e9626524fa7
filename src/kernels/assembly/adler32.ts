/** The largest prime below 2¹⁶ (RFC 1950). */
const modulus: u32 = 65_521;
/** So many bytes at once, that sums of one place of all vectors stay within 16 bits. */
const blockBytes: u32 = 4096;

/**
 * Adler-32; start with 1, go on with what was returned. The low half is the sum of all bytes; in the high half a byte
 * counts as often as there are bytes from it on, which in a block of whole vectors is 16 times the vectors behind its
 * own, and a weight from 16 down to 1 for its place.
 */
export function adler32(seed: u32, source: usize, length: u32): f64 {
  let sum = seed & 0xffff;
  let weighted = seed >> 16;
  let from = source;
  let rest = length;
  while (rest >= 16) {
    const bytes = min<u32>(rest, blockBytes) & ~15;
    const blockEnd = from + bytes;
    let sums = i32x4.splat(0);
    let sumsBefore = i32x4.splat(0);
    let lowPlaces = i16x8.splat(0);
    let highPlaces = i16x8.splat(0);
    while (from !== blockEnd) {
      const vector = v128.load(from);
      sumsBefore = i32x4.add(sumsBefore, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(vector)));
      lowPlaces = i16x8.add(lowPlaces, i16x8.extend_low_i8x16_u(vector));
      highPlaces = i16x8.add(highPlaces, i16x8.extend_high_i8x16_u(vector));
      from += 16;
    }
    const lowWeights = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
    const highWeights = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
    let products = i32x4.shl(sumsBefore, 4);
    products = i32x4.add(products, i32x4.extmul_low_i16x8_u(lowPlaces, lowWeights));
    products = i32x4.add(products, i32x4.extmul_high_i16x8_u(lowPlaces, lowWeights));
    products = i32x4.add(products, i32x4.extmul_low_i16x8_u(highPlaces, highWeights));
    products = i32x4.add(products, i32x4.extmul_high_i16x8_u(highPlaces, highWeights));
    weighted = (weighted + bytes * sum + ofLanes(products)) % modulus;
    sum = (sum + ofLanes(sums)) % modulus;
    rest -= bytes;
  }
  for (; rest !== 0; rest--) {
    sum += load<u8>(from++);
    weighted += sum;
  }
  return <f64>(((weighted % modulus) << 16) | (sum % modulus));
}

function ofLanes(sums: v128): u32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}
