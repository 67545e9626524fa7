import { arithmetic } from "../errors/failures.ts";
import { Float } from "../values/float.ts";
import { type Integer, isInteger } from "../values/integer.ts";
import { largest, negate, smallest, wrapped } from "../values/integer-arithmetic.ts";
import type { Value } from "../values/value.ts";
import { plain } from "./define.ts";
import type { Native } from "./native.ts";

type Number = Integer | Float;

function asFloat(value: Number): number {
  return value instanceof Float ? value.value : Number(value);
}

/** Of a float, one that gives a float; integers are taken, too. */
function ofFloat(name: string, compute: (x: number) => number): Native {
  return plain<[Number]>(name, ["number"], ([x]) => new Float(compute(asFloat(x))));
}

function toInteger(value: number): Integer {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  const fits = Number.isFinite(whole) && whole >= Number(smallest) && whole < Number(largest);
  if (!fits) throw arithmetic(`Integer overflow: to_int(${value})`);
  return wrapped(BigInt(whole));
}

function smaller(a: Number, b: Number, sign: number): Value {
  const isFirst = sign * (asFloat(a) - asFloat(b)) <= 0;
  if (isInteger(a) && isInteger(b)) return (sign > 0 ? a < b : a > b) ? a : b;
  return new Float(asFloat(isFirst ? a : b));
}

const ofFloats: readonly Native[] = [
  ...(
    ["sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh"] as const
  ).map((name) => ofFloat(name, Math[name])),
  ofFloat("sqrt", Math.sqrt),
  ofFloat("exp", Math.exp),
  ofFloat("ln", Math.log),
  ofFloat("log", Math.log10),
  plain<[Number, Number]>("log", ["number", "number"], ([x, base]) => {
    return new Float(Math.log(asFloat(x)) / Math.log(asFloat(base)));
  }),
  plain<[Number, Number]>(
    "atan",
    ["number", "number"],
    ([y, x]) => new Float(Math.atan2(asFloat(y), asFloat(x))),
  ),
  plain<[Number, Number]>(
    "hypot",
    ["number", "number"],
    ([x, y]) => new Float(Math.hypot(asFloat(x), asFloat(y))),
  ),
  ofFloat("to_degrees", (x) => (x * 180) / Math.PI),
  ofFloat("to_radians", (x) => (x * Math.PI) / 180),
  ofFloat("floor", Math.floor),
  ofFloat("ceiling", Math.ceil),
  // Halves go away from zero; Math.round takes them up.
  ofFloat("round", (x) => (x < 0 ? -Math.round(-x) : Math.round(x))),
  ofFloat("int", Math.trunc),
  ofFloat("fraction", (x) => x - Math.trunc(x)),
  plain<[Float]>("is_nan", ["float"], ([x]) => Number.isNaN(x.value)),
  plain<[Float]>("is_finite", ["float"], ([x]) => Number.isFinite(x.value)),
  plain<[Float]>("is_infinite", ["float"], ([x]) => Math.abs(x.value) === Number.POSITIVE_INFINITY),
];

const ofNumbers: readonly Native[] = [
  plain<[Number]>("abs", ["number"], ([x]) =>
    x instanceof Float ? new Float(Math.abs(x.value)) : x < 0 ? negate(x) : x,
  ),
  plain<[Number]>("sign", ["number"], ([x]) => Math.sign(asFloat(x)) + 0),
  plain<[Number]>("is_zero", ["number"], ([x]) => asFloat(x) === 0),
  plain<[Integer]>("is_odd", ["int"], ([x]) => BigInt(x) % 2n !== 0n),
  plain<[Integer]>("is_even", ["int"], ([x]) => BigInt(x) % 2n === 0n),
  plain<[Number, Number]>("min", ["number", "number"], ([a, b]) => smaller(a, b, 1)),
  plain<[Number, Number]>("max", ["number", "number"], ([a, b]) => smaller(a, b, -1)),
  plain<[Number]>("to_float", ["number"], ([x]) => new Float(asFloat(x))),
  plain<[Number]>("to_int", ["number"], ([x]) => (x instanceof Float ? toInteger(x.value) : x)),
  plain("PI", [], () => new Float(Math.PI)),
  plain("E", [], () => new Float(Math.E)),
];

export const mathPackage: readonly Native[] = [...ofFloats, ...ofNumbers];

export const mathProperties: readonly string[] = [
  ...["floor", "ceiling", "round", "int", "fraction", "is_nan", "is_finite", "is_infinite"],
  ...["is_zero", "is_odd", "is_even"],
];
