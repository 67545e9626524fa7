import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";

/** A value of a result. Numbers keep all their digits; what JSON has no word for (times, blobs) is DuckDB's text for it. */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Cell[]
  | { readonly [name: string]: Cell };

/** `isFloat32`: the column has singles, which are written as short as they were meant. */
export function cellOf(value: DuckDBValue, isFloat32: boolean): Cell {
  if (typeof value === "number") return isFloat32 ? shortest(value) : value;
  if (value === null || typeof value !== "object") return value;
  if ("items" in value) return value.items.map((item) => cellOf(item, isFloat32));
  if ("entries" in value && !Array.isArray(value.entries))
    return Object.fromEntries(
      Object.entries(value.entries as Record<string, DuckDBValue>).map(([name, item]) => [
        name,
        cellOf(item, false),
      ]),
    );
  return String(value);
}

/** True for singles, and for lists of them. */
export function isFloat32(type: DuckDBType): boolean {
  return String(type).startsWith("FLOAT");
}

/** The double with the fewest digits that is the same single. */
function shortest(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
