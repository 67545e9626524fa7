import { leastPower, powersOfTen } from "./number-text-powers";

@inline
export function upperPower(exponent: i32): u64 {
  return load<u64>(powersOfTen + (<usize>(exponent - leastPower) << 4));
}

@inline
export function lowerPower(exponent: i32): u64 {
  return load<u64>(powersOfTen + (<usize>(exponent - leastPower) << 4), 8);
}

/** floor(log2(10^exponent)) */
@inline
export function binaryExponent(exponent: i32): i32 {
  return (exponent * 1741647) >> 19;
}

/** The upper half of the product: WebAssembly has no instruction for it. */
@inline
export function multiplyHigh(left: u64, right: u64): u64 {
  const leftLow = left & 0xffffffff;
  const leftHigh = left >> 32;
  const rightLow = right & 0xffffffff;
  const rightHigh = right >> 32;
  const crossed = leftHigh * rightLow + ((leftLow * rightLow) >> 32);
  const middle = leftLow * rightHigh + (crossed & 0xffffffff);
  return leftHigh * rightHigh + (crossed >> 32) + (middle >> 32);
}
