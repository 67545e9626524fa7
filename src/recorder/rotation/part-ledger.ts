import type { Ledger, LossReason, LostRange, StreamAccount } from "../../model/ledger.ts";

/** What of a stream is in finished parts: every record before number `end` is there, or in their ledgers. */
export type PartStart = {
  readonly end: number;
  readonly stored: number;
  /** Of the ranges beyond those that a ledger holds itself. */
  readonly more: { readonly ranges: number; readonly lost: { readonly [Reason in LossReason]?: number } };
};

export type PartStarts = { readonly [stream: string]: PartStart };

const atTheStart: PartStart = { end: 0, stored: 0, more: { ranges: 0, lost: {} } };

/** Where the part after an account begins. */
export function startsAfter({ accounts }: Ledger): PartStarts {
  return Object.fromEntries(
    accounts.map(({ stream, produced, stored, more }) => [
      stream,
      { end: produced, stored, more: { ranges: more?.ranges ?? 0, lost: more?.lost ?? {} } },
    ]),
  );
}

/** The account of what came after `starts`: those of all parts add up to that of the run. */
export function partLedger(run: Ledger, starts: PartStarts): Ledger {
  return {
    ...run,
    accounts: run.accounts.map((account) => partAccount(account, starts[account.stream] ?? atTheStart)),
  };
}

function partAccount(
  { stream, produced, stored, ranges, more }: StreamAccount,
  start: PartStart,
): StreamAccount {
  const later = moreAfter(more, start);
  const own = stored - start.stored;
  return {
    stream,
    produced: produced - start.end,
    stored: own,
    lost: produced - start.end - own,
    ranges: ranges.flatMap((range) => after(range, start.end)),
    ...(later === undefined ? {} : { more: later }),
  };
}

/** What of a range is not before `end`. */
function after(range: LostRange, end: number): LostRange[] {
  const first = Math.max(range.first, end);
  const count = range.first + range.count - first;
  return count > 0 ? [{ ...range, first, count }] : [];
}

function moreAfter(more: StreamAccount["more"], start: PartStart): StreamAccount["more"] {
  if (more === undefined) return undefined;
  const lost = Object.fromEntries(
    Object.entries(more.lost)
      .map(([reason, count]) => [reason, count - (start.more.lost[reason as LossReason] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
  if (Object.keys(lost).length === 0) return undefined;
  // One that began in the part before goes on here.
  return { file: more.file, ranges: Math.max(1, more.ranges - start.more.ranges), lost };
}
