import { ScriptError } from "../errors/script-error.ts";
import { readNumber } from "../lexer/read-number.ts";
import type { Limits } from "../limits/limits.ts";
import { checkStringLength } from "../limits/sizes.ts";
import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { negate } from "../values/integer-arithmetic.ts";
import { showValue } from "../values/show-value.ts";
import { sortedEntries } from "../values/sorted-entries.ts";
import type { Value } from "../values/value.ts";

/** JSON as `to_json` of the book has it: what JSON has no form for is `null` or its text. */
export function toJson(value: Value, limits: Limits): string {
  const text = jsonOf(value, limits, 0);
  checkStringLength(text.length, limits);
  return text;
}

function jsonOf(value: Value, limits: Limits, depth: number): string {
  if (value === null) return "null";
  if (isInteger(value) || typeof value === "boolean") return String(value);
  if (value instanceof Float) return Number.isFinite(value.value) ? showValue(value) : "null";
  if (depth > 100) throw new ScriptError("ErrorRuntime", "Runtime error: nested too deep for JSON");
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf(item, limits, depth + 1)).join(",")}]`;
  if (value instanceof Map) {
    const entries = sortedEntries(value).map(
      ([name, item]) => `${JSON.stringify(name)}:${jsonOf(item, limits, depth + 1)}`,
    );
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(showValue(value));
}

/** Integers keep all their digits, which `JSON.parse` alone would round. */
export function parseJson(text: string): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, (_name, value: unknown, context?: { source?: string }) =>
      typeof value === "number" ? numberOf(context?.source ?? String(value)) : value,
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ScriptError("ErrorRuntime", `Runtime error: not JSON: ${why}`, {
      cause,
      thrown: `not JSON: ${why}`,
    });
  }
  return fromJson(parsed, 0);
}

function numberOf(source: string): Value {
  const negative = source.startsWith("-");
  const { value } = readNumber(source, negative ? 1 : 0)!;
  if (!negative) return value;
  return isInteger(value) ? negate(value) : new Float(-(value as Float).value);
}

function fromJson(value: unknown, depth: number): Value {
  if (depth > 100) throw new ScriptError("ErrorRuntime", "Runtime error: JSON is nested too deep");
  if (value instanceof Float || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fromJson(item, depth + 1));
  if (typeof value === "object") {
    return new Map(Object.entries(value).map(([name, item]) => [name, fromJson(item, depth + 1)]));
  }
  return value as string | boolean | number | bigint;
}
