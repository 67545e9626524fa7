import { Float } from "../values/float.ts";
import { largest, wrapped } from "../values/integer-arithmetic.ts";
import type { Value } from "../values/value.ts";

const radices: Readonly<Record<string, number>> = { x: 16, o: 8, b: 2 };
const digits: Readonly<Record<number, RegExp>> = { 16: /[0-9a-f_]*/iy, 8: /[0-7_]*/y, 2: /[01_]*/y };
/** A dot belongs to the number unless a range or a method call follows. */
const decimal = /[0-9][0-9_]*(?:(\.[0-9][0-9_]*|\.(?![.A-Za-z_0-9]))?([eE][+-]?[0-9][0-9_]*)?)/y;

export type NumberFound = { readonly value: Value; readonly end: number };

/** The number at `at`, where a digit stands; undefined for one that is malformed. */
export function readNumber(text: string, at: number): NumberFound | undefined {
  const radix = text[at] === "0" ? radices[(text[at + 1] ?? "").toLowerCase()] : undefined;
  const found = radix === undefined ? readDecimal(text, at) : readWithRadix(text, at, radix);
  // `12abc` is neither a number nor a name.
  return found !== undefined && /[\p{L}\p{N}]/u.test(text[found.end] ?? "") ? undefined : found;
}

function readWithRadix(text: string, at: number, radix: number): NumberFound | undefined {
  const pattern = digits[radix]!;
  pattern.lastIndex = at + 2;
  const body = pattern.exec(text)![0];
  const plain = body.replaceAll("_", "");
  if (plain === "") return undefined;
  const value = BigInt(text.slice(at, at + 2).toLowerCase() + plain);
  return value >= 2n ** 64n ? undefined : { value: wrapped(value), end: at + 2 + body.length };
}

function readDecimal(text: string, at: number): NumberFound {
  decimal.lastIndex = at;
  const [whole, fraction, exponent] = decimal.exec(text)!;
  const end = at + whole.length;
  const plain = whole.replaceAll("_", "");
  if (fraction !== undefined || exponent !== undefined) return { value: new Float(Number(plain)), end };
  if (plain.length < 16) return { value: Number(plain), end };
  const value = BigInt(plain);
  return { value: value > largest ? new Float(Number(plain)) : wrapped(value), end };
}
