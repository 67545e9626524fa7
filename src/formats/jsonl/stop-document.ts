import { encodeDocumentLine } from "../../documents/document-line.ts";
import type { ExitStatus, RunStop } from "../../documents/run-stop.ts";
import { secondsOf } from "../../documents/seconds-of.ts";
import type { Ledger } from "../../model/ledger.ts";

const statuses: readonly string[] = ["success", "abort", "fail"];

/** The last line: how the run ended, and what is not in the file. `records`: what is, by stream. */
export function stopText(run: string, records: ReadonlyMap<string, number>, ledger: Ledger): string {
  const { complete, accounts, ending } = ledger;
  const timeNs = BigInt(Date.now()) * 1_000_000n;
  const status = ending?.exitStatus ?? (complete ? "success" : "abort");
  const stop = {
    uid: `${run}/stop`,
    run_start: run,
    time: secondsOf(timeNs),
    time_ns: timeNs,
    exit_status: (statuses.includes(status) ? status : "fail") as ExitStatus,
    reason: ending?.reason ?? (complete ? "" : "the account of what is missing is not complete"),
    num_events: Object.fromEntries(records),
    ledger: { complete, accounts },
    ...(ending === undefined ? {} : { daq_ending: ending }),
  };
  return encodeDocumentLine("stop", stop as unknown as RunStop);
}

/** The inverse. */
export function ledgerOf(stop: RunStop): Ledger | undefined {
  const { ledger, daq_ending: ending } = stop as RunStop & { readonly daq_ending?: Ledger["ending"] };
  if (ledger === undefined) return undefined;
  return { ...(ledger as Ledger), ...(ending === undefined ? {} : { ending }) };
}
