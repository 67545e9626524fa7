import { arithmetic } from "../errors/failures.ts";
import type { Integer } from "./integer.ts";

export const smallest = -(2n ** 63n);
export const largest = 2n ** 63n - 1n;

/** The one form of a value that fits; `what` is the message when it does not. */
export function integerFrom(value: bigint, what: () => string): Integer {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  if (value < smallest || value > largest) throw arithmetic(what());
  return value;
}

/** Of the low 64 bits, as the bit operators have it. */
export function wrapped(value: bigint): Integer {
  return integerFrom(BigInt.asIntN(64, value), () => "");
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return integerFrom(BigInt(a) + BigInt(b), () => `Addition overflow: ${a} + ${b}`);
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return integerFrom(BigInt(a) - BigInt(b), () => `Subtraction overflow: ${a} - ${b}`);
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // Adding 0 turns the negative zero of numbers, which integers do not have, into zero.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return integerFrom(BigInt(a) * BigInt(b), () => `Multiplication overflow: ${a} * ${b}`);
}

export function divide(a: Integer, b: Integer): Integer {
  if (b === 0) throw arithmetic(`Division by zero: ${a} / ${b}`);
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return integerFrom(BigInt(a) / BigInt(b), () => `Division overflow: ${a} / ${b}`);
}

export function remainder(a: Integer, b: Integer): Integer {
  if (b === 0) throw arithmetic(`Modulo division by zero: ${a} % ${b}`);
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return integerFrom(BigInt(a) % BigInt(b), () => `Modulo overflow: ${a} % ${b}`);
}

export function power(a: Integer, b: Integer): Integer {
  const overflow = () => `Exponential overflow: ${a} ** ${b}`;
  if (b < 0) throw arithmetic(`Integer raised to a negative power: ${a} ** ${b}`);
  if (a === 0 || a === 1) return b === 0 ? 1 : a;
  if (a === -1) return BigInt(b) % 2n === 0n ? 1 : -1;
  if (b > 64) throw arithmetic(overflow());
  return integerFrom(BigInt(a) ** BigInt(b), overflow);
}

export function negate(a: Integer): Integer {
  if (typeof a === "number") return 0 - a;
  return integerFrom(-a, () => `Negation overflow: -${a}`);
}

/** Shifts that are negative go the other way; those past the width leave nothing but the sign. */
export function shiftLeft(a: Integer, by: Integer): Integer {
  if (by < 0) return shiftRight(a, negate(by));
  return by >= 64 ? 0 : wrapped(BigInt(a) << BigInt(by));
}

export function shiftRight(a: Integer, by: Integer): Integer {
  if (by < 0) return shiftLeft(a, negate(by));
  return wrapped(BigInt(a) >> (by >= 64 ? 63n : BigInt(by)));
}

function fits32(value: Integer): value is number {
  return typeof value === "number" && (value | 0) === value;
}

export function bitAnd(a: Integer, b: Integer): Integer {
  return fits32(a) && fits32(b) ? a & b : wrapped(BigInt(a) & BigInt(b));
}

export function bitOr(a: Integer, b: Integer): Integer {
  return fits32(a) && fits32(b) ? a | b : wrapped(BigInt(a) | BigInt(b));
}

export function bitXor(a: Integer, b: Integer): Integer {
  return fits32(a) && fits32(b) ? a ^ b : wrapped(BigInt(a) ^ BigInt(b));
}
