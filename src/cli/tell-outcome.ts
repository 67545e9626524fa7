import { exitCodes } from "../model/errors.ts";
import type { RunReport } from "../run/run-contract.ts";
import { printReport, reportJson } from "./run-report.ts";
import type { Terminal } from "./terminal.ts";

type Outcome = { readonly exitStatus: "success" | "abort"; readonly reason: string };

/** What a plan or a script came to, and its runs. Gives the exit code; throws what kept it from recording anything. */
export function tellOutcome(
  what: "plan" | "script",
  outcome: Outcome | undefined,
  failure: unknown,
  reports: readonly RunReport[],
  terminal: Terminal,
): number {
  if (terminal.json)
    terminal.printJson({
      event: "finished",
      exitStatus: outcome?.exitStatus ?? "fail",
      reason: outcome?.reason ?? (failure instanceof Error ? failure.message : String(failure)),
      runs: reports.map(reportJson),
    });
  else for (const report of reports) printReport(report, terminal);
  if (outcome?.exitStatus === "abort") terminal.warn(`The ${what} was ended: ${outcome.reason}.`);
  for (const error of reports.flatMap(({ errors }) => errors)) terminal.fail(error);
  if (failure !== undefined) {
    if (reports.length === 0) throw failure;
    // Whatever its code: this is no longer an attempt that came to nothing.
    terminal.fail(failure);
    return exitCodes.failed;
  }
  if (outcome?.exitStatus === "abort") return exitCodes.failed;
  const codes = reports.map(({ exitCode }) => exitCode);
  return codes.includes(exitCodes.failed) ? exitCodes.failed : Math.max(exitCodes.complete, ...codes);
}
