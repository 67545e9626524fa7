/** A 64-bit floating-point number, in a box: a bare number is an integer. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** From here on, and below its counterpart, a float is written with an exponent. */
const largestPlain = 1e13;
const smallestPlain = 1e-7;

/** A float always looks like one: `42.0`, `1e20`, `inf`. */
export function showFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size > largestPlain || size < smallestPlain) return value.toExponential().replace("e+", "e");
  const text = size < 1e-6 ? withoutExponent(value) : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

/** JavaScript itself begins with exponents one digit earlier. */
function withoutExponent(value: number): string {
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const plain = digits.replace("-", "").replace(".", "");
  return `${value < 0 ? "-" : ""}0.${"0".repeat(-Number(exponent) - 1)}${plain}`;
}
