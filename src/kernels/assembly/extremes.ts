/**
 * The smallest and the largest of `count` floats of 4 or 8 bytes, to two places of `target`. NaN is passed over; where
 * there is nothing else, the smallest is larger than the largest.
 */
export function extremesOfFloats(elementBytes: u32, source: usize, count: u32, target: usize): void {
  if (elementBytes === 8) extremesOf64(source, count, target);
  else extremesOf32(source, count, target);
}

// pmin and pmax keep the first operand where the comparison is not true, as with NaN.
function extremesOf64(source: usize, count: u32, target: usize): void {
  let low = f64x2.splat(Infinity);
  let high = f64x2.splat(-Infinity);
  let lowToo = low;
  let highToo = high;
  let from = source;
  const end = source + (<usize>count << 3);
  while (from + 32 <= end) {
    const first = v128.load(from);
    const second = v128.load(from, 16);
    low = f64x2.pmin(low, first);
    high = f64x2.pmax(high, first);
    lowToo = f64x2.pmin(lowToo, second);
    highToo = f64x2.pmax(highToo, second);
    from += 32;
  }
  while (from < end) {
    const one = v128.load64_splat(from);
    low = f64x2.pmin(low, one);
    high = f64x2.pmax(high, one);
    from += 8;
  }
  low = f64x2.pmin(low, lowToo);
  high = f64x2.pmax(high, highToo);
  store<f64>(target, min<f64>(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1)));
  store<f64>(target, max<f64>(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1)), 8);
}

function extremesOf32(source: usize, count: u32, target: usize): void {
  let low = f32x4.splat(Infinity);
  let high = f32x4.splat(-Infinity);
  let from = source;
  const end = source + (<usize>count << 2);
  while (from + 16 <= end) {
    const values = v128.load(from);
    low = f32x4.pmin(low, values);
    high = f32x4.pmax(high, values);
    from += 16;
  }
  while (from < end) {
    const one = v128.load32_splat(from);
    low = f32x4.pmin(low, one);
    high = f32x4.pmax(high, one);
    from += 4;
  }
  store<f32>(
    target,
    min<f32>(
      min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
      min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
    ),
  );
  store<f32>(
    target,
    max<f32>(
      max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
      max<f32>(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
    ),
    4,
  );
}
