import { toJson } from "../../model/metadata.ts";
import type { Cell } from "../../query/cell.ts";
import type { QueryResult } from "../../query/query-database.ts";
import { printable } from "../printable.ts";

const gap = "  ";

/** The lines of a result for a person. The first block says how wide columns are; a wider cell later moves its own line. */
export async function* tableLines({ columns, blocks }: QueryResult): AsyncGenerator<string, void, void> {
  const names = columns.map(({ name }) => printable(name));
  let widths: number[] | undefined;
  const lineOf = (cells: readonly string[], widthsNow: readonly number[]) =>
    `${cells
      .map((cell, at) =>
        columns[at]!.isNumber ? cell.padStart(widthsNow[at]!) : cell.padEnd(widthsNow[at]!),
      )
      .join(gap)
      .trimEnd()}\n`;
  const header = (widthsNow: readonly number[]) =>
    lineOf(names, widthsNow) +
    lineOf(
      widthsNow.map((width) => "-".repeat(width)),
      widthsNow,
    );
  for await (const rows of blocks) {
    const cells = rows.map((row) => row.map(cellText));
    if (widths === undefined) {
      widths = names.map((name, at) =>
        cells.reduce((most, row) => Math.max(most, row[at]!.length), name.length),
      );
      yield header(widths);
    }
    const widthsNow = widths;
    yield cells.map((row) => lineOf(row, widthsNow)).join("");
  }
  if (widths === undefined) yield header(names.map(({ length }) => length));
}

function cellText(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "object") return printable(toJson(cell));
  return Object.is(cell, -0) ? "-0" : printable(String(cell));
}
