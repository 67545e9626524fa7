import { isNumberDType, type NumberDType } from "../model/dtype.ts";
import { textProblem } from "../model/text-values.ts";
import type { DataKey } from "./data-key.ts";
import { dtypeOfNumpy } from "./numpy-dtype.ts";
import { textRoomOf } from "./text-room.ts";

/** Says what keeps a value from being stored as it is; undefined where nothing does, and for values of another kind. */
export type StoringProblem = (value: unknown) => string | undefined;

/** For the values of a data key: texts have to find room, integers are of their range. Undefined where all can be stored. */
export function storingProblemOf(key: DataKey): StoringProblem | undefined {
  if (key.dtype === "string") {
    if (key.choices !== undefined) return undefined;
    const room = textRoomOf(key);
    return (value) => (typeof value === "string" ? textProblem(value, room) : undefined);
  }
  const dtype = dtypeOfNumpy(key.dtype_numpy) ?? (key.dtype === "integer" ? "int64" : undefined);
  if (dtype === undefined || !isNumberDType(dtype) || dtype.startsWith("float")) return undefined;
  const problemOf = integerProblemOf(dtype);
  return (value) => {
    if (!Array.isArray(value)) return problemOf(value);
    for (const item of value.flat(Number.POSITIVE_INFINITY)) {
      const problem = problemOf(item);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** For a dtype of integers. NaN and the infinities are none: who stores them has them as missing. */
export function integerProblemOf(dtype: NumberDType): StoringProblem {
  const bits = BigInt(dtype.replace(/\D/g, ""));
  const low = dtype.startsWith("u") ? 0n : -(1n << (bits - 1n));
  const high = low + (1n << bits);
  // Powers of two: numbers have them exactly.
  const [lowNumber, highNumber] = [Number(low), Number(high)];
  return (value) => {
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return undefined;
      if (!Number.isInteger(value)) return `is ${value}, where ${dtype} was described`;
      if (value >= lowNumber && value < highNumber) return undefined;
    } else if (typeof value !== "bigint" || (value >= low && value < high)) return undefined;
    return `is ${value}, which is out of the range of ${dtype}`;
  };
}
