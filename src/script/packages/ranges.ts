import { arithmetic } from "../errors/failures.ts";
import { Float } from "../values/float.ts";
import { type Integer, isInteger } from "../values/integer.ts";
import { Range, SteppedRange } from "../values/range.ts";
import { plain } from "./define.ts";
import type { Native } from "./native.ts";

type Number = Integer | Float;

function stepped(from: Number, to: Number, step: Number): SteppedRange {
  if (
    (step instanceof Float ? step.value : step) === 0 ||
    (step instanceof Float && Number.isNaN(step.value))
  ) {
    throw arithmetic("Step value cannot be zero: range() would never end");
  }
  const whole = isInteger(from) && isInteger(to) && isInteger(step);
  const as = (value: Number): Number =>
    whole || value instanceof Float ? value : new Float(globalThis.Number(value));
  return new SteppedRange(as(from), as(to), as(step));
}

export const rangePackage: readonly Native[] = [
  plain<[Integer, Integer]>("range", ["int", "int"], ([from, to]) => new Range(from, to, false)),
  plain<[Number, Number]>("range", ["number", "number"], ([from, to]) =>
    isInteger(from) && isInteger(to) ? new Range(from, to, false) : stepped(from, to, 1),
  ),
  plain<[Number, Number, Number]>("range", ["number", "number", "number"], ([from, to, step]) =>
    stepped(from, to, step),
  ),
  plain<[Range, Number]>("range", ["range", "number"], ([range, step]) => {
    const end = range.inclusive ? Number(range.to) + 1 : range.to;
    return stepped(range.from, end, step);
  }),
  plain<[Range]>("start", ["range"], ([range]) => range.from),
  plain<[Range]>("end", ["range"], ([range]) => range.to),
  plain<[Range]>("is_inclusive", ["range"], ([range]) => range.inclusive),
  plain<[Range]>("is_exclusive", ["range"], ([range]) => !range.inclusive),
  plain<[Range]>("is_empty", ["range"], ([{ from, to, inclusive }]) => (inclusive ? from > to : from >= to)),
  plain<[Range, Integer]>("contains", ["range", "int"], ([range, value]) => range.contains(value)),
];

export const rangeProperties: readonly string[] = ["start", "end", "is_inclusive", "is_exclusive"];
