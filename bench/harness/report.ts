import type { Goal } from "./benchmark.ts";
import type { Spread } from "./statistics.ts";

export type CaseReport = {
  readonly name: string;
  readonly runs: number;
  readonly quick: boolean;
  readonly quantities: ReadonlyMap<string, Spread>;
  readonly goals: readonly Goal[];
};

/** Enough digits for a comparison, few enough to read. */
export function rounded(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}

export function reaches(goal: Goal, value: number): boolean {
  return (
    value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (goal.atMost ?? Number.POSITIVE_INFINITY)
  );
}

/** One line of JSON, with the peers' keys: a quantity is its median, `…_min` and `…_max` stand beside it. */
export function jsonLine({ name, runs, quick, quantities, goals }: CaseReport): string {
  const line: { [key: string]: string | number | boolean } = { case: name, peer: "daq-storage", runs };
  if (quick) line.quick = true;
  for (const [quantity, { median, min, max }] of quantities) {
    line[quantity] = rounded(median);
    line[`${quantity}_min`] = rounded(min);
    line[`${quantity}_max`] = rounded(max);
  }
  for (const goal of goals) {
    const found = quantities.get(goal.quantity);
    if (found !== undefined) line[`${goal.quantity}_reached`] = reaches(goal, found.median);
  }
  return JSON.stringify(line);
}

/** With commas between thousands; not by `toLocaleString`, which loads its tables for half a second. */
function shown(value: number): string {
  const [whole, fraction] = `${rounded(value)}`.split(".");
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function goalText(goal: Goal | undefined, value: number): string {
  if (goal === undefined) return "";
  const limit =
    goal.atLeast === undefined ? `at most ${shown(goal.atMost!)}` : `at least ${shown(goal.atLeast)}`;
  return `${limit}: ${reaches(goal, value) ? "reached" : "missed"}`;
}

export const tableColumns = ["case", "quantity", "median", "(min–max)", "goal"] as const;

/** Rows of the table, one for each quantity; the case's name stands in its first. */
export function tableRows({ name, quantities, goals }: CaseReport): readonly (readonly string[])[] {
  return [...quantities].map(([quantity, { median, min, max }], index) => [
    index === 0 ? name : "",
    quantity,
    shown(median),
    min === max ? "" : `(${shown(min)}–${shown(max)})`,
    goalText(
      goals.find((goal) => goal.quantity === quantity),
      median,
    ),
  ]);
}

/** Text in columns; `widths` are least widths, so that lines printed one after the other stand below each other. */
export function alignedRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("  ")
    .trimEnd();
}
