import { arithmetic } from "../errors/failures.ts";
import { Float } from "../values/float.ts";
import type { Integer } from "../values/integer.ts";
import { integerFrom } from "../values/integer-arithmetic.ts";
import { plain } from "./define.ts";
import type { Native } from "./native.ts";

const floatText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseInteger(text: string, radix: number): Integer {
  const fail = () => arithmetic(`Error parsing integer number '${text}'`);
  const [, sign, digits = ""] = /^\s*([+-]?)([0-9a-z]+)\s*$/i.exec(text) ?? [];
  let value = 0n;
  // A number of 64 bits has at most 64 digits, unless it begins with zeros.
  if (digits === "" || digits.length > 256) throw fail();
  for (const digit of digits) {
    const worth = Number.parseInt(digit, radix);
    if (Number.isNaN(worth)) throw fail();
    value = value * BigInt(radix) + BigInt(worth);
  }
  return integerFrom(sign === "-" ? -value : value, () => fail().summary);
}

/** The digits of the 64 bits, as of a number without sign. */
function digitsOf(value: Integer, radix: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(radix);
}

export const numberTextPackage: readonly Native[] = [
  plain<[string]>("parse_int", ["string"], ([text]) => parseInteger(text, 10)),
  plain<[string, Integer]>("parse_int", ["string", "int"], ([text, radix]) => {
    if (radix < 2 || radix > 36) throw arithmetic(`Invalid radix: '${radix}'`);
    return parseInteger(text, Number(radix));
  }),
  plain<[string]>("parse_float", ["string"], ([text]) => {
    const trimmed = text.trim();
    if (!floatText.test(trimmed)) throw arithmetic(`Error parsing floating-point number '${text}'`);
    return new Float(Number(trimmed));
  }),
  plain<[Integer]>("to_hex", ["int"], ([value]) => digitsOf(value, 16)),
  plain<[Integer]>("to_octal", ["int"], ([value]) => digitsOf(value, 8)),
  plain<[Integer]>("to_binary", ["int"], ([value]) => digitsOf(value, 2)),
];
