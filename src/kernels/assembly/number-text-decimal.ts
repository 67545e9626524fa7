import {
  digitCount,
  digitText,
  integerPower,
  nonZeroDigits,
  point,
  sixteenDigits,
  zero,
} from "./number-text-digits";

/** "0.000000", the first character in the lowest byte. */
const smallPrefix: u64 = 0x3030303030302e30;
const sixteenth: u64 = 10000000000000000;

/**
 * Writes `digits` × 10^`exponent` as JavaScript writes a number of these digits. `digits` is at least 1, below 10^17;
 * zeros at its end are no part of the text.
 */
export function writeDecimal(at: usize, digits: u64, exponent: i32): usize {
  const count = digitCount(digits);
  // The place of the decimal point, counted from the first digit.
  const place = <i32>count + exponent;
  const all = digits * integerPower(17 - count);
  const first = all / sixteenth;
  const rest = sixteenDigits(all - first * sixteenth);
  const restText = digitText(rest);
  const significant = 1 + 32 - <i32>clz(nonZeroDigits(rest));
  if (place >= 1 && place <= 21) {
    store<u8>(at, <u32>first + zero);
    if (significant <= place) {
      v128.store(at + 1, restText);
      store<u32>(at + 17, 0x30303030);
      return at + place;
    }
    // Behind the point each digit stands one further on.
    v128.store(at + 2, restText);
    const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const isBehind = i8x16.ge_s(lanes, i8x16.splat(<i8>(place - 1)));
    v128.store(at + 1, i8x16.swizzle(restText, i8x16.add(lanes, isBehind)));
    store<u8>(at + place, point);
    return at + significant + 1;
  }
  if (place > -6 && place <= 0) {
    store<u64>(at, smallPrefix);
    const start = at + 2 - place;
    store<u8>(start, <u32>first + zero);
    v128.store(start + 1, restText);
    return start + significant;
  }
  store<u16>(at, (<u32>first + zero) | (point << 8));
  v128.store(at + 2, restText);
  return writeExponent(significant > 1 ? at + significant + 1 : at + 1, place - 1);
}

/** "e-324" to "e+308" */
function writeExponent(at: usize, exponent: i32): usize {
  const magnitude = <u32>abs(exponent);
  store<u16>(at, exponent < 0 ? 0x2d65 : 0x2b65);
  let end = at + 2;
  if (magnitude >= 100) store<u8>(end++, magnitude / 100 + zero);
  if (magnitude >= 10) store<u8>(end++, ((magnitude / 10) % 10) + zero);
  store<u8>(end, (magnitude % 10) + zero);
  return end + 1;
}
