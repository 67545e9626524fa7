import { formatOfPath } from "../../formats/registry.ts";
import { exitCodes } from "../../model/errors.ts";
import { isLossless, type Ledger } from "../../model/ledger.ts";
import { type Recovery, recover } from "../../recorder/recover-run.ts";
import { readRunIndex } from "../../recorder/run-index.ts";
import { accountLines } from "../account-lines.ts";
import type { Command } from "../command.ts";
import type { Terminal } from "../terminal.ts";

export const recoverCommand: Command = {
  name: "recover",
  summary: "make readable what a crash left behind, and say what is gone",
  operands: "FILE…",
  operandCount: [1, Number.POSITIVE_INFINITY],
  options: [],
  examples: [
    [
      "daq recover data/scan_v1.journal.jsonl",
      "completes the files of a run: cuts torn ends, adds what is still in the ring",
    ],
    [
      "daq recover data/scan_v1.camera0.arrow",
      "the same by a data file; without its journal, from the file alone",
    ],
  ],
  notes: [
    "Exit code, also where there was nothing to do: 0 complete, and nothing is missing; 3 readable, and the ledger says that",
    "something was lost, or that it does not know (`daq inspect` shows it); 1 failed.",
  ].join("\n"),
  async run(args, terminal) {
    let code: number = exitCodes.complete;
    for (const path of args.positionals) {
      try {
        const recovery = await recover(path, (progress) =>
          terminal.status(`${path}: ${progress.readBytes} bytes from the ring`),
        );
        const ledgers = await ledgersOf(path, recovery);
        if (terminal.json) terminal.printJson({ path, ...recovery });
        else report(path, recovery, ledgers, terminal);
        code = worse(code, codeOf(recovery, ledgers));
      } catch (error) {
        terminal.fail(error);
        code = exitCodes.failed;
      }
    }
    return code;
  },
};

/** What the files say of themselves now; nothing where nothing was stored, or another program wrote it. */
async function ledgersOf(path: string, recovery: Recovery): Promise<readonly Ledger[]> {
  switch (recovery.kind) {
    case "run":
    case "complete":
      return recovery.index.outputs.map(({ ledger }) => ledger);
    case "ring":
      return (await readRunIndex(path)).outputs.map(({ ledger }) => ledger);
    case "file": {
      const { ledger } = await (await formatOfPath(path)).inspect(path);
      return ledger === undefined ? [] : [ledger];
    }
    case "nothing":
      return [];
  }
}

function codeOf(recovery: Recovery, ledgers: readonly Ledger[]): number {
  const hasFailed =
    recovery.kind === "run" && (recovery.failure !== undefined || recovery.index.end === "failed");
  if (hasFailed) return exitCodes.failed;
  return ledgers.every(isWhole) ? exitCodes.complete : exitCodes.lossy;
}

function isWhole(ledger: Ledger): boolean {
  return ledger.complete && isLossless(ledger);
}

/** Behind the report of what needed nothing. */
function lossText(ledgers: readonly Ledger[]): string {
  return ledgers.every(isWhole) ? "" : " What it lost is in its account: `daq inspect` shows it.";
}

function worse(left: number, right: number): number {
  return left === exitCodes.failed || right === exitCodes.failed ? exitCodes.failed : Math.max(left, right);
}

function report(path: string, recovery: Recovery, ledgers: readonly Ledger[], terminal: Terminal): void {
  if (recovery.kind === "nothing") {
    terminal.print(
      `${path}: the run was killed while it started, and had stored nothing; its name is free again.`,
    );
    return;
  }
  if (recovery.kind === "complete") {
    terminal.print(`${path}: complete already; there is nothing to do.${lossText(ledgers)}`);
    return;
  }
  if (recovery.kind === "ring") {
    terminal.print(
      `${path}: complete already; its ring ${recovery.ringPath}, which was left, was removed.${lossText(ledgers)}`,
    );
    return;
  }
  if (recovery.kind === "file") {
    const { changed, isForeign, records, cutBytes, lost = 0 } = recovery.file;
    if (isForeign === true)
      terminal.print(
        `${path}: written by another program, so there is nothing to recover here; nothing was changed.`,
      );
    else if (!changed)
      terminal.print(
        `${path}: complete already, ${records} records; nothing was changed.${lossText(ledgers)}`,
      );
    else
      terminal.print(
        `${path}: readable, ${records} records; ${cutBytes} bytes of a torn end were cut off. ${lost === 0 ? "What came after them is not known." : `${lost} records are lost: \`daq inspect\` shows which.`}`,
      );
    return;
  }
  const { index, indexPath, addedRecords, ringPath } = recovery;
  terminal.print(
    ringPath === undefined
      ? `${path}: closed at its last checkpoint; the ring is gone, so what came after it is not known.`
      : `${path}: ${addedRecords} records were added from the ring ${ringPath}.`,
  );
  for (const output of index.outputs)
    for (const line of accountLines(output.ledger)) terminal.print(`  ${output.format.padEnd(6)} ${line}`);
  for (const note of index.notes) terminal.print(`note: ${note}`);
  terminal.print(`index: ${indexPath}`);
  if (recovery.failure !== undefined) terminal.fail(recovery.failure);
}
