import { type Ledger, lostByReason, type StreamAccount } from "../model/ledger.ts";

/** A ledger in plain words: a line for each stream, and what was lost by reason. */
export function accountLines({ accounts, complete }: Ledger): string[] {
  const width = Math.max(0, ...accounts.map((account) => account.stream.length));
  const lines = accounts.map(
    (account) =>
      `${account.stream.padEnd(width)}  produced ${account.produced} = stored ${account.stored} + lost ${account.lost}${reasons(account)}`,
  );
  return complete ? lines : [...lines, "(the account is not complete)"];
}

function reasons(account: StreamAccount): string {
  const byReason = Object.entries(lostByReason(account));
  if (byReason.length === 0) return "";
  return ` (${byReason.map(([reason, count]) => `${reason} ${count}`).join(", ")})`;
}
