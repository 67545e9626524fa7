import { mismatch } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { type Integer, isInteger } from "./integer.ts";
import { wrapped } from "./integer-arithmetic.ts";
import { Range } from "./range.ts";
import { typeName } from "./type-name.ts";
import type { Value } from "./value.ts";

const width = 64;

function bounds(index: Integer): ScriptError {
  return new ScriptError(
    "ErrorBitFieldBounds",
    `Bit-field index ${index} out of bounds: only ${width} bits in bit-field`,
    { details: { index, bounds: width } },
  );
}

/** The number of a bit; negative ones count from the highest. */
function bitNumber(index: Integer): bigint {
  const bit = index < 0 ? width + Number(index) : Number(index);
  if (bit < 0 || bit >= width) throw bounds(index);
  return BigInt(bit);
}

export function getBit(value: Integer, index: Integer): boolean {
  return ((BigInt.asUintN(width, BigInt(value)) >> bitNumber(index)) & 1n) === 1n;
}

export function setBit(value: Integer, index: Integer, on: boolean): Integer {
  const mask = 1n << bitNumber(index);
  return wrapped(on ? BigInt(value) | mask : BigInt(value) & ~mask);
}

export type BitSpan = { readonly from: bigint; readonly count: bigint };

export function bitSpan(from: Integer, count: Integer): BitSpan {
  const start = bitNumber(from);
  const wanted = count < 0 ? 0n : BigInt(count);
  const most = BigInt(width) - start;
  return { from: start, count: wanted < most ? wanted : most };
}

export function bitSpanOf(range: Range): BitSpan {
  const from = Math.max(0, Number(range.from));
  if (from >= width) throw bounds(from);
  const count = Number(range.to) - from + (range.inclusive ? 1 : 0);
  return bitSpan(from, Math.max(0, Math.min(count, width)));
}

export function readBits(value: Integer, { from, count }: BitSpan): Integer {
  return wrapped((BigInt.asUintN(width, BigInt(value)) >> from) & ((1n << count) - 1n));
}

export function writeBits(value: Integer, { from, count }: BitSpan, bits: Integer): Integer {
  const mask = ((1n << count) - 1n) << from;
  return wrapped((BigInt(value) & ~mask) | ((BigInt(bits) << from) & mask));
}

/** `value[index]` of an integer: a bit, or the bits of a range. */
export function getBits(value: Integer, index: Value): Value {
  if (index instanceof Range) return readBits(value, bitSpanOf(index));
  if (isInteger(index)) return getBit(value, index);
  throw mismatch("i64", typeName(index));
}

export function setBits(value: Integer, index: Value, to: Value): Integer {
  if (index instanceof Range) {
    if (!isInteger(to)) throw mismatch("i64", typeName(to));
    return writeBits(value, bitSpanOf(index), to);
  }
  if (!isInteger(index)) throw mismatch("i64", typeName(index));
  if (typeof to !== "boolean") throw mismatch("bool", typeName(to));
  return setBit(value, index, to);
}
