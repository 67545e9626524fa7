import { writeDecimal } from "./number-text-decimal";
import { integerPower, writeUnsigned } from "./number-text-digits";
import { scale } from "./number-text-float64";
import { binaryExponent, lowerPower, multiplyHigh, upperPower } from "./number-text-power";
import { writeSpecial } from "./number-text-special";

/** The shortest decimal that reads back to the same float32, read as a double first or not. */
export function writeFloat32(at: usize, value: f32): usize {
  const bits = reinterpret<u32>(value);
  if ((bits & 0x7f800000) == 0x7f800000 || bits << 1 == 0) return writeSpecial(at, <f64>value);
  store<u8>(at, 0x2d);
  const start = at + <usize>(bits >> 31);
  const wide = <f64>abs(value);
  // An integer is as short as it gets, and exact.
  if (wide < 1e9 && trunc(wide) == wide) return writeUnsigned(start, <u64>(<i64>wide));
  if (wide >= 1e-9 && wide < 1e6) {
    // Any text of up to 6 digits that reads back is found with 6 digits too; 9 digits always read back.
    let places = 5 - decimalExponent(wide);
    for (let i = 0; i < 4; i++, places++) {
      const power = scale(places);
      const rounded = nearestOrUp(<f64>value * power);
      if (readsBack(rounded / power, <f64>value)) return writeDecimal(start, <u64>(<i64>abs(rounded)), -places);
    }
  }
  return writeUnusual(start, bits & 0x7fffffff, wide);
}

/** Halves go towards positive infinity. */
@inline
function nearestOrUp(value: f64): f64 {
  const below = floor(value);
  return value - below >= 0.5 ? below + 1 : below;
}

/** Not so half way to a neighbour, where a reader that rounds by way of a double and one that does not may differ. */
@inline
function readsBack(decimal: f64, value: f64): bool {
  const narrow = <f64>(<f32>decimal);
  const neighbour = 2 * decimal - value;
  return narrow == value && (neighbour == value || <f64>(<f32>neighbour) != neighbour);
}

/** Very large and very small values: the decimals of 6 to 9 digits (of subnormals, fewer) one after the other. */
function writeUnusual(at: usize, bits: u32, wide: f64): usize {
  const isSubnormal = bits < 0x800000;
  const mantissa = isSubnormal ? bits : (bits & 0x7fffff) | 0x800000;
  const binary = <i32>(isSubnormal ? 1 : bits >> 23) - 150;
  const leading = decimalExponent(wide);
  const least = (isSubnormal ? 0 : 5) - leading;
  const most = 8 - leading;
  for (let places = least; places < most; places++) {
    const digits = scaled(mantissa, binary, places);
    if (readsBack(nearestDouble(digits, -places), wide)) return writeDecimal(at, digits, -places);
  }
  // 9 digits distinguish all float32.
  return writeDecimal(at, scaled(mantissa, binary, most), -most);
}

/** floor(log10(value)): exact for a float32, since none lies between a power of ten and the double nearest to it. */
function decimalExponent(value: f64): i32 {
  const binary = <i32>(reinterpret<u64>(value) >> 52) - 1023;
  const least = (binary * 1233) >> 12;
  return least + <i32>(value >= nearestDouble(1, least + 1));
}

/** mantissa × 2^binary × 10^places, which is below 10^9 + 1, to the nearest integer; halves go up. */
function scaled(mantissa: u32, binary: i32, places: i32): u64 {
  if (places >= 0 && places <= 13) {
    // 5^places times 24 bits is below 2^55.
    const product = <u64>mantissa * (integerPower(places) >> places);
    const shift = binary + places;
    if (shift >= 0) return product << shift;
    return (product + (<u64>1 << (-shift - 1))) >> -shift;
  }
  if (places < 0 && places >= -10) {
    const divisor = integerPower(-places) << max(-binary, 0);
    return ((<u64>mantissa << max(binary, 0)) + (divisor >> 1)) / divisor;
  }
  // No half lies here, and none comes near enough for the 64 bits to hide it.
  const high = multiplyHigh(upperPower(places), <u64>mantissa << 40);
  const shift = 39 - binary - binaryExponent(places);
  return ((high >> (shift - 1)) + 1) >> 1;
}

/** The double nearest to digits × 10^exponent, for digits up to 10^9 and exponents from -60 to 40. */
function nearestDouble(digits: u64, exponent: i32): f64 {
  if (exponent >= 0 && exponent <= 22) return <f64>digits * scale(exponent);
  if (exponent < 0 && exponent >= -22) return <f64>digits / scale(-exponent);
  const normal = <u32>clz(digits);
  const factor = digits << normal;
  const lower = multiplyHigh(lowerPower(exponent), factor);
  const product = upperPower(exponent) * factor;
  const middle = product + lower;
  const high = multiplyHigh(upperPower(exponent), factor) + <u64>(middle < product);
  // 10^23 is half way between two doubles: nearest in 64 bits, with the rest as the last bit, is nearest to the whole.
  const rest = middle | (lowerPower(exponent) * factor);
  const binary = binaryExponent(exponent) + 1 - <i32>normal;
  return <f64>(high | <u64>(rest != 0)) * reinterpret<f64>(<u64>(binary + 1023) << 52);
}
