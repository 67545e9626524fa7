import type { RowType } from "../../src/kernels/row-table.ts";

/** The text of a number as CSV files have it, made in the plainest way. */
export function plainNumberText(type: RowType, value: number | bigint): string {
  if (typeof value === "bigint" || (type !== "float32" && type !== "float64")) return `${value}`;
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  return type === "float64" ? `${value}` : shortestFloat32(value);
}

const smallestNormalFloat32 = 2 ** -126;

/** The first of its roundings to 6, 7, 8 and 9 digits that reads back; subnormals have fewer than six. */
function shortestFloat32(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e9) return `${value}`;
  for (let digits = magnitude < smallestNormalFloat32 ? 1 : 6; digits <= 9; digits++) {
    const decimal = roundTo(digits, value);
    if (readsBackToFloat32(decimal, value)) return `${decimal}`;
  }
  return `${value}`;
}

/** Where a value lies half way between two decimals, the greater one is taken; of very large and small values, the farther from zero. */
function roundTo(digits: number, value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 1e-9 || magnitude >= 1e6) return Number(value.toPrecision(digits));
  const power = Number(`1e${digits - 1 - Math.floor(Math.log10(magnitude))}`);
  return Math.round(value * power) / power;
}

/** Not so half way to a neighbour, where a reader that rounds by way of a double and one that does not may differ. */
function readsBackToFloat32(decimal: number, value: number): boolean {
  if (Math.fround(decimal) !== value) return false;
  const neighbour = 2 * decimal - value;
  return neighbour === value || Math.fround(neighbour) !== neighbour;
}
