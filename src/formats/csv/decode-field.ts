import type { NumberDType } from "../../model/dtype.ts";

const specials = new Map([
  ["NaN", Number.NaN],
  ["INF", Number.POSITIVE_INFINITY],
  ["-INF", Number.NEGATIVE_INFINITY],
]);

/**
 * The value of a field: `null` when it is missing, `bigint` for 64-bit integers, else a number; undefined when the text
 * is not a value of this dtype.
 */
export function decodeField(dtype: NumberDType, text: string): number | bigint | null | undefined {
  if (text === "") return null;
  if (dtype === "int64" || dtype === "uint64") return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  if (dtype !== "float64" && dtype !== "float32") return /^-?\d+$/.test(text) ? Number(text) : undefined;
  const special = specials.get(text);
  if (special !== undefined) return special;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return undefined;
  return dtype === "float32" ? Math.fround(Number(text)) : Number(text);
}
