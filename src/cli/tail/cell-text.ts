import type { Element } from "../../model/element-reader.ts";
import type { Column } from "../../model/stream-schema.ts";
import { printable } from "../printable.ts";
import type { CellValue } from "./record-rows.ts";

const longestList = 6;
const longestText = 80;

/** "5.021 mW"; a missing value is a dash, never a number. */
export function cellText(value: CellValue, { unit }: Column): string {
  if (value === null) return "–";
  const text = isList(value) ? listText(value) : elementText(value);
  return unit === undefined || unit === "" ? text : `${text} ${unit}`;
}

/** Whole numbers in full, others with seven digits. */
export function numberText(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : String(value);
}

/** A text in quotes, so that an empty one is seen, and cut where it is long. */
function elementText(value: Element): string {
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return numberText(value);
  const characters = [...value];
  const shown = characters.slice(0, longestText).join("");
  return `"${printable(shown)}${characters.length > longestText ? "…" : ""}"`;
}

function listText(values: readonly Element[]): string {
  const shown = values.slice(0, longestList).map(elementText).join(", ");
  return values.length > longestList ? `[${shown}, … ${values.length} values]` : `[${shown}]`;
}

/** For JSON, where a missing value is null: what is no number there is its name. */
export function cellJson(value: CellValue, column: Column): unknown {
  if (value === null) return null;
  return isList(value) ? nested(value.map(elementJson), column.shape) : elementJson(value);
}

function elementJson(value: Element): unknown {
  return typeof value === "string" || typeof value === "boolean" ? value : numberJson(value);
}

export function numberJson(value: number | bigint): number | bigint | string {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function nested(values: readonly unknown[], shape: readonly number[]): unknown {
  const [extent, ...rest] = shape;
  if (extent === undefined || rest.length === 0) return values;
  const size = values.length / extent;
  return Array.from({ length: extent }, (_, index) =>
    nested(values.slice(index * size, (index + 1) * size), rest),
  );
}

function isList(value: CellValue): value is readonly Element[] {
  return Array.isArray(value);
}
