import type { Ledger } from "../model/ledger.ts";
import { toJson } from "../model/metadata.ts";
import type { RunInfo } from "../model/run.ts";

/** The entries that daq-storage reads again, in formats whose files have texts under keys. */
export const runEntryKeys = { run: "daq.run", stream: "daq.stream", ledger: "daq.ledger" } as const;

/** Each key of `[experiment]` as an entry of its own: text as it is, anything else as JSON. */
export function experimentEntries(info: RunInfo): Map<string, string> {
  const entries = new Map<string, string>();
  const { name } = info.experiment;
  if (typeof name === "string") entries.set("experiment", name);
  for (const [key, value] of Object.entries(info.experiment)) {
    const entry = isReserved(key) || entries.has(key) ? `experiment.${key}` : key;
    entries.set(entry, typeof value === "string" ? value : toJson(value));
  }
  return entries;
}

/** Keys that readers act on: pandas parses `pandas` as a description of its own. */
function isReserved(key: string): boolean {
  return key === "pandas" || key.startsWith("ARROW:") || key.startsWith("daq.");
}

export function isRunInfo(value: unknown): value is RunInfo {
  const info = value as RunInfo | null | undefined;
  return (
    typeof info === "object" &&
    info !== null &&
    typeof info.uid === "string" &&
    /^-?\d+$/.test(info.startedAtNs) &&
    typeof info.experiment === "object" &&
    info.experiment !== null &&
    typeof info.host === "string" &&
    typeof info.software?.name === "string" &&
    Array.isArray(info.devices)
  );
}

export function isLedger(value: unknown): value is Ledger {
  const ledger = value as Ledger | null | undefined;
  return (
    typeof ledger === "object" &&
    ledger !== null &&
    typeof ledger.complete === "boolean" &&
    Array.isArray(ledger.accounts) &&
    ledger.accounts.every(
      (account) =>
        typeof account?.stream === "string" &&
        Number.isSafeInteger(account.stored) &&
        Array.isArray(account.ranges),
    )
  );
}
