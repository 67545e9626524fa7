import { toJson } from "../../model/metadata.ts";
import type { Cell } from "../../query/cell.ts";
import type { QueryResult } from "../../query/query-database.ts";

/** The lines of a result as CSV, as in the files of daq-storage: missing is empty, INF and NaN are spelled so. */
export async function* csvLines({ columns, blocks }: QueryResult): AsyncGenerator<string, void, void> {
  yield `${columns.map(({ name }) => quoted(name)).join(",")}\r\n`;
  for await (const rows of blocks) yield rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return numberText(cell);
  if (typeof cell === "object") return quoted(toJson(cell));
  // An empty text is not a missing one.
  return cell === "" ? '""' : quoted(String(cell));
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
