/**
 * A 64-bit integer: a number where that is exact, otherwise a bigint. Each value has only one of the two forms, so `===`
 * compares them.
 */
export type Integer = number | bigint;

export function isInteger(value: unknown): value is Integer {
  return typeof value === "number" || typeof value === "bigint";
}
