import type { Ledger, LostRange } from "../model/ledger.ts";

/** A hole in the sequence numbers. */
export type Hole = { readonly first: number; readonly count: number };

/**
 * The ledger of a file that was recovered: every hole in its sequence numbers is a lost range. The `known` ranges of a
 * ledger that was written when the file was closed keep their reasons; for the others no reason was ever written down.
 */
export function accountForHoles(
  found: { readonly stream: string; readonly records: number; readonly holes: readonly Hole[] },
  known: readonly LostRange[],
  atNs: string,
): Ledger {
  const ranges = found.holes.flatMap((hole) => explain(hole, known, atNs));
  const lost = ranges.reduce((sum, range) => sum + range.count, 0);
  const account = {
    stream: found.stream,
    produced: found.records + lost,
    stored: found.records,
    lost,
    ranges,
  };
  return { complete: false, accounts: [account] };
}

function explain({ first, count }: Hole, known: readonly LostRange[], atNs: string): LostRange[] {
  const end = first + count;
  const ranges: LostRange[] = [];
  let at = first;
  const unexplained = (until: number) => {
    if (until > at)
      ranges.push({
        first: at,
        count: until - at,
        reason: "aborted",
        atNs,
        detail: "not in the file when it was recovered",
      });
  };
  for (const range of known.toSorted((a, b) => a.first - b.first)) {
    const from = Math.max(range.first, at);
    const until = Math.min(range.first + range.count, end);
    if (until <= from) continue;
    unexplained(from);
    ranges.push({ ...range, first: from, count: until - from });
    at = until;
  }
  unexplained(end);
  return ranges;
}
