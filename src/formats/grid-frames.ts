import type { GridFrames } from "../model/grid.ts";
import type { Ledger, LostRange } from "../model/ledger.ts";

/**
 * For each point of a scan the row of its frame among those that the file holds: numbers count what was lost too, rows do
 * not. `null`: there is no frame, or it was lost. Undefined when the ledger does not say where everything was lost. `hasRows`:
 * whether lost records have rows all the same.
 */
export function storedFrames(
  { stream, numbers }: GridFrames,
  ledger: Ledger,
  hasRows: (range: LostRange) => boolean = () => false,
): readonly (number | null)[] | undefined {
  const account = ledger.accounts.find((each) => each.stream === stream);
  if (account === undefined || account.more !== undefined) return undefined;
  const lost = account.ranges.toSorted((a, b) => a.first - b.first);
  const withRows = lost.filter(hasRows).reduce((sum, { count }) => sum + count, 0);
  const rows = account.stored + withRows;
  return numbers.map((number) => {
    if (number === null) return null;
    let before = 0;
    for (const range of lost) {
      const { first, count } = range;
      if (first > number) break;
      if (number < first + count) return null;
      if (!hasRows(range)) before += count;
    }
    const row = number - before;
    return row < rows ? row : null;
  });
}
