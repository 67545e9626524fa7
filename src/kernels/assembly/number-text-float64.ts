import { writeDecimal } from "./number-text-decimal";
import { digitText, nonZeroDigits, point, sixteenDigits } from "./number-text-digits";
import { binaryExponent, lowerPower, multiplyHigh, upperPower } from "./number-text-power";
import { writeSpecial } from "./number-text-special";

/** Exact in a double as far as 10^22. */
const scales = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
]);

@inline
export function scale(places: i32): f64 {
  return load<f64>(scales + (<usize>places << 3));
}

/** The short way is for 2^-19, about 2 · 10^-6, to 2^48. */
const leastShort: i32 = 1023 - 19;
const shortExponents: u32 = 19 + 48;

const mantissaMask: u64 = (1 << 52) - 1;
const smallPrefix: u64 = 0x3030303030302e30;

/** The shortest decimal that reads back to the same double, as JavaScript's `String`; its zeros and infinities apart. */
export function writeFloat64(at: usize, value: f64): usize {
  const bits = reinterpret<u64>(value);
  const biased = <i32>(bits >> 52) & 0x7ff;
  store<u8>(at, 0x2d);
  const start = at + <usize>(bits >> 63);
  // Decimals of up to 15 digits differ as doubles, so one that reads back is the shortest, and can only be found once.
  if (<u32>(biased - leastShort) < shortExponents) {
    const magnitude = abs(value);
    // As many places as give 15 digits: floor(15 - log10(2^(exponent + 1))), perhaps one more.
    let places = 15 + (((1022 - biased) * 1233) >> 12);
    const power = scale(places);
    // Above 2^52 doubles are integers: the sum is rounded to one, which then are its lowest bits.
    const shifted = magnitude * power + 4503599627370496;
    if ((shifted - 4503599627370496) / power == magnitude) {
      let digits = reinterpret<u64>(shifted) & mantissaMask;
      if (digits < 100000000000000) {
        digits *= 10;
        places++;
      }
      return writePlaces(start, digits, places);
    }
  }
  if (biased == 0x7ff || bits << 1 == 0) return writeSpecial(at, value);
  return writeShortest(start, bits & mantissaMask, biased);
}

/** A number of 15 digits, `places` of them (up to 20) behind the point. */
@inline
function writePlaces(at: usize, value: u64, places: i32): usize {
  const digits = sixteenDigits(value);
  const text = digitText(digits);
  const trailing = <i32>clz(nonZeroDigits(digits)) - 16;
  if (places >= 15) {
    store<u64>(at, smallPrefix);
    const start = at + (places - 13);
    v128.store(start, i8x16.shuffle(text, text, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15));
    return start + 15 - trailing;
  }
  // The first of the 16 is zero: lanes before the point are moved down, the others stay.
  const whole = 15 - places;
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const isWhole = i8x16.lt_s(lanes, i8x16.splat(<i8>whole));
  v128.store(at, i8x16.swizzle(text, i8x16.sub(lanes, isWhole)));
  store<u8>(at + whole, point);
  return trailing >= places ? at + whole : at + 16 - trailing;
}

/**
 * Raffaello Giulietti, "The Schubfach way to render doubles" (2021). Of the two or three decimals that the rounding
 * interval of the double can hold at its length, it takes the shorter, else the nearer. The bounds of the interval come
 * out of one multiplication with the power of ten, since they are the same distance away for each.
 */
function writeShortest(at: usize, fraction: u64, biased: i32): usize {
  const mantissa = biased == 0 ? fraction : fraction | (1 << 52);
  const exponent = (biased == 0 ? 1 : biased) - 1075;
  const isLowerCloser = fraction == 0 && biased > 1;
  // floor(log10(2^exponent)), or of three quarters of that where the neighbour below is closer.
  const decimal = (exponent * 1262611 - (isLowerCloser ? 524031 : 0)) >> 22;
  const shift = exponent + binaryExponent(-decimal) + 1;
  const upper = upperPower(-decimal);
  const lower = lowerPower(-decimal);

  // The value times four, with 128 bits behind the integer.
  const factor = mantissa << (shift + 2);
  const low = lower * factor;
  const product = upper * factor;
  const middle = product + multiplyHigh(lower, factor);
  const high = multiplyHigh(upper, factor) + <u64>(middle < product);

  const aboveLow = lower << (shift + 1);
  const aboveMiddle = (upper << (shift + 1)) | (lower >> (63 - shift));
  const aboveHigh = upper >> (63 - shift);
  let sum = low + aboveLow;
  let carry = <u64>(sum < low);
  sum = middle + aboveMiddle;
  const carryHigh = <u64>(sum < middle);
  const aboveSum = sum + carry;
  const right = oddIfInexact(high + aboveHigh + carryHigh + <u64>(aboveSum < sum), aboveSum);

  const below = isLowerCloser ? shift : shift + 1;
  const belowLow = lower << below;
  const belowMiddle = (upper << below) | (lower >> (64 - below));
  const belowHigh = upper >> (64 - below);
  carry = <u64>(low < belowLow);
  const difference = middle - belowMiddle;
  const borrowHigh = <u64>(middle < belowMiddle);
  const left = oddIfInexact(
    high - belowHigh - borrowHigh - <u64>(difference < carry),
    difference - carry,
  );

  const isOdd = mantissa & 1;
  const lowest = left + isOdd;
  const highest = right - isOdd;
  const centre = oddIfInexact(high, middle);
  const whole = centre >> 2;
  if (whole >= 10) {
    const tenth = whole / 10;
    const isTenthIn = lowest <= 40 * tenth;
    const isNextTenthIn = 40 * tenth + 40 <= highest;
    if (isTenthIn != isNextTenthIn) return writeDecimal(at, tenth + <u64>isNextTenthIn, decimal + 1);
  }
  const isWholeIn = lowest <= 4 * whole;
  const isNextIn = 4 * whole + 4 <= highest;
  if (isWholeIn != isNextIn) return writeDecimal(at, whole + <u64>isNextIn, decimal);
  const half = 4 * whole + 2;
  const isUp = centre > half || (centre == half && (whole & 1) != 0);
  return writeDecimal(at, whole + <u64>isUp, decimal);
}

/** The power of ten is rounded up, so a fraction of at most one unit stands for none. */
@inline
function oddIfInexact(whole: u64, fraction: u64): u64 {
  return whole | <u64>(fraction > 1);
}
