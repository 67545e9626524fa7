const zeros: u64 = 0x3030303030303030;
export const point: u32 = 0x2e;
export const zero: u32 = 0x30;

/** Powers of ten as integers, as far as 64 bits hold them. */
const integerPowers = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
  1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
  1000000000000000000, 10000000000000000000,
]);

@inline
export function integerPower(exponent: u32): u64 {
  return load<u64>(integerPowers + ((<usize>exponent) << 3));
}

/** How many digits a positive number has. */
@inline
export function digitCount(value: u64): u32 {
  const least = ((64 - <u32>clz(value)) * 1233) >>> 12;
  return least + <u32>(value >= integerPower(least));
}

/** The digits of a number below 10^8, one a byte, the first in the lowest. All lanes are divided by one multiplication. */
@inline
function eightDigits(value: u32): u64 {
  const fours = (<u64>value << 32) - <u64>(value / 10000) * 42949672959999;
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const twos = (fours << 16) - hundreds * 6553599;
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return (twos << 8) - tens * 2559;
}

/** The digits of a number below 10^16, one a byte, the first in lane 0. */
@inline
export function sixteenDigits(value: u64): v128 {
  const high = value / 100000000;
  const low = value - high * 100000000;
  const highFours = (high << 32) - <u64>(<u32>high / 10000) * 42949672959999;
  const lowFours = (low << 32) - <u64>(<u32>low / 10000) * 42949672959999;
  const fours = i64x2.replace_lane(i64x2.splat(highFours), 1, lowFours);
  const hundreds = i32x4.shr_u(i32x4.dot_i16x8_s(fours, i32x4.splat(5243)), 19);
  const rest = i32x4.sub(fours, i16x8.mul(hundreds, i32x4.splat(100)));
  const twos = v128.or(hundreds, i32x4.shl(rest, 16));
  const tens = i16x8.shr_u(i16x8.mul(twos, i16x8.splat(103)), 10);
  const ones = i16x8.sub(twos, i16x8.mul(tens, i16x8.splat(10)));
  return v128.or(tens, i16x8.shl(ones, 8));
}

/** As characters. */
@inline
export function digitText(digits: v128): v128 {
  return v128.or(digits, i8x16.splat(0x30));
}

/** A bit for each digit that is not zero. */
@inline
export function nonZeroDigits(digits: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.ne(digits, i8x16.splat(0)));
}

/** Lanes 0 to 15, which move all lanes down by n when they are loaded n bytes further on; behind them come zeros. */
const downward = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255,
]);

/**
 * Writes an unsigned integer and returns the address behind it. Like all that write text here, it may store up to
 * `slackBytes` (`encode-rows.ts`) behind what it returns.
 */
export function writeUnsigned(at: usize, value: u64): usize {
  if (value < 10) {
    store<u8>(at, <u32>value + zero);
    return at + 1;
  }
  if (value < 100000000) {
    const digits = eightDigits(<u32>value);
    const leading = <usize>(ctz(digits) >> 3);
    store<u64>(at, (digits | zeros) >> (leading << 3));
    return at + 8 - leading;
  }
  if (value < 10000000000000000) {
    const digits = sixteenDigits(value);
    const leading = <usize>ctz(nonZeroDigits(digits));
    v128.store(at, i8x16.swizzle(digitText(digits), v128.load(downward + leading)));
    return at + 16 - leading;
  }
  const top = value / 10000000000000000;
  const digits = eightDigits(<u32>top);
  const leading = <usize>(ctz(digits) >> 3);
  store<u64>(at, (digits | zeros) >> (leading << 3));
  const rest = at + 8 - leading;
  v128.store(rest, digitText(sixteenDigits(value - top * 10000000000000000)));
  return rest + 16;
}

export function writeSigned(at: usize, value: i64): usize {
  const sign = value >> 63;
  store<u8>(at, 0x2d);
  return writeUnsigned(at + <usize>(sign & 1), <u64>((value ^ sign) - sign));
}
