import type { Quantity, ReadingValue } from "../../model/reading.ts";
import { Float } from "../values/float.ts";
import { integerFrom } from "../values/integer-arithmetic.ts";
import type { Value } from "../values/value.ts";

/** A reading as a value of a script: its type is that of the quantity, so that 5 mW are `5.0`. Nothing stays nothing. */
export function scriptValueOf(value: ReadingValue, { dtype }: Pick<Quantity, "dtype">): Value {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    return dtype.startsWith("float") || !Number.isSafeInteger(value) ? new Float(value) : value + 0;
  }
  if (typeof value === "bigint") return integerFrom(value, () => `no integer of 64 bits can hold ${value}`);
  return Array.from(value as Iterable<Exclude<ReadingValue, object>>, (item) =>
    scriptValueOf(item, { dtype }),
  );
}
