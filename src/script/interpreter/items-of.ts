import { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import type { Meter } from "../limits/meter.ts";
import { Blob } from "../values/blob.ts";
import { Character } from "../values/character.ts";
import { Float } from "../values/float.ts";
import { type Integer, isInteger } from "../values/integer.ts";
import { add } from "../values/integer-arithmetic.ts";
import { Range, SteppedRange } from "../values/range.ts";
import type { Value } from "../values/value.ts";

/** What `for` goes through. It is settled at the start: what the loop changes in the source is not seen by it. */
export function itemsOf(source: Value, meter: Meter): Iterable<Value> {
  if (source instanceof Range) return integersOf(source);
  if (source instanceof SteppedRange) return stepsOf(source);
  if (Array.isArray(source)) return copyValue(source, meter) as Value[];
  if (typeof source === "string") return Array.from(source, (text) => Character.of(text));
  if (source instanceof Blob) return source.bytes.slice();
  throw new ScriptError("ErrorFor", "For loop expects iterable type");
}

function* integersOf({ from, to, inclusive }: Range): Iterable<Value> {
  if (from > to) return;
  for (let value: Integer = from; value < to; value = add(value, 1)) yield value;
  if (inclusive) yield to;
}

function* stepsOf({ from, to, step }: SteppedRange): Iterable<Value> {
  if (isInteger(from) && isInteger(to) && isInteger(step)) {
    for (let value: Integer = from; step > 0 ? value < to : value > to; ) {
      yield value;
      const next: bigint = BigInt(value) + BigInt(step);
      // The next one may lie beyond what an integer can hold: then it is beyond the end, too.
      if (step > 0 ? next >= to : next <= to) return;
      value = add(value, step);
    }
    return;
  }
  const [start, end, by] = [from, to, step].map((value) =>
    value instanceof Float ? value.value : Number(value),
  );
  // Counted, not added up: the error of an addition would grow with every step.
  for (let index = 0; ; index++) {
    const value = start! + index * by!;
    if (by! > 0 ? value >= end! : value <= end!) return;
    yield new Float(value);
  }
}
