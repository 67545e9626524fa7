import type { Value } from "./value.ts";

/** Maps are in the order of their names, whatever the order in which these came. */
export function sortedEntries(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
