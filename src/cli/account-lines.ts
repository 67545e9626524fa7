import type { Ledger, StreamAccount } from "../model/ledger.ts";

/** A ledger in plain words: a line for each stream, and what was lost by reason. */
export function accountLines({ accounts, complete }: Ledger): string[] {
  const width = Math.max(0, ...accounts.map((account) => account.stream.length));
  const lines = accounts.map(
    (account) =>
      `${account.stream.padEnd(width)}  produced ${account.produced} = stored ${account.stored} + lost ${account.lost}${reasons(account)}`,
  );
  return complete ? lines : [...lines, "(the account is not complete)"];
}

function reasons({ ranges }: StreamAccount): string {
  const byReason = new Map<string, number>();
  for (const { reason, count } of ranges) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  if (byReason.size === 0) return "";
  return ` (${[...byReason].map(([reason, count]) => `${reason} ${count}`).join(", ")})`;
}
