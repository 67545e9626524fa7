import type { GridFrames } from "../model/grid.ts";
import type { Ledger } from "../model/ledger.ts";

/**
 * For each point of a scan the row of its frame among those that the file holds: numbers count what was lost too, rows do
 * not. `null`: there is no frame, or it was lost. Undefined when the ledger does not say where everything was lost.
 */
export function storedFrames(
  { stream, numbers }: GridFrames,
  ledger: Ledger,
): readonly (number | null)[] | undefined {
  const account = ledger.accounts.find((each) => each.stream === stream);
  if (account === undefined || account.more !== undefined) return undefined;
  const lost = account.ranges.toSorted((a, b) => a.first - b.first);
  return numbers.map((number) => {
    if (number === null) return null;
    let before = 0;
    for (const { first, count } of lost) {
      if (first > number) break;
      if (number < first + count) return null;
      before += count;
    }
    const row = number - before;
    return row < account.stored ? row : null;
  });
}
