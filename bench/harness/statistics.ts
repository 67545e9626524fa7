import type { Figures } from "./benchmark.ts";

export type Spread = { readonly median: number; readonly min: number; readonly max: number };

function sorted(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw new RangeError("There is no statistic of no values.");
  return Float64Array.from(values).sort();
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  const order = sorted(values);
  const half = order.length >> 1;
  return order.length % 2 === 1 ? order[half]! : (order[half - 1]! + order[half]!) / 2;
}

/** The smallest value that at least `percent` of all values do not exceed (nearest rank). */
export function percentile(values: ArrayLike<number>, percent: number): number {
  const order = sorted(values);
  const rank = Math.ceil((percent / 100) * order.length);
  return order[Math.min(Math.max(rank, 1), order.length) - 1]!;
}

export function spread(values: ArrayLike<number>): Spread {
  const order = sorted(values);
  return { median: median(order), min: order[0]!, max: order[order.length - 1]! };
}

/** The spread of each quantity over the runs of a case. Throws when the runs do not have the same quantities. */
export function spreads(runs: readonly Figures[]): ReadonlyMap<string, Spread> {
  const names = Object.keys(runs[0] ?? {});
  for (const run of runs)
    if (Object.keys(run).length !== names.length || names.some((name) => run[name] === undefined))
      throw new RangeError(`Runs of one case differ in what they measure: ${Object.keys(run).join(", ")}.`);
  return new Map(names.map((name) => [name, spread(runs.map((run) => run[name]!))]));
}
