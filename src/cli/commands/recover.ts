import { exitCodes } from "../../model/errors.ts";
import { isLossless } from "../../model/ledger.ts";
import { type Recovery, recover } from "../../recorder/recover-run.ts";
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
  notes: "Exit code: 0 nothing is missing, 3 recovered with losses (the files say which), 1 failed.",
  async run(args, terminal) {
    let code: number = exitCodes.complete;
    for (const path of args.positionals) {
      try {
        const recovery = await recover(path, (progress) =>
          terminal.status(`${path}: ${progress.readBytes} bytes from the ring`),
        );
        if (terminal.json) terminal.printJson({ path, ...recovery });
        else report(path, recovery, terminal);
        code = worse(code, codeOf(recovery));
      } catch (error) {
        terminal.fail(error);
        code = exitCodes.failed;
      }
    }
    return code;
  },
};

function codeOf(recovery: Recovery): number {
  if (recovery.kind === "file") return (recovery.file.lost ?? 0) > 0 ? exitCodes.lossy : exitCodes.complete;
  if (recovery.kind !== "run") return exitCodes.complete;
  if (recovery.failure !== undefined || recovery.index.end === "failed") return exitCodes.failed;
  const isWhole = recovery.index.outputs.every(({ ledger }) => ledger.complete && isLossless(ledger));
  return isWhole ? exitCodes.complete : exitCodes.lossy;
}

function worse(left: number, right: number): number {
  return left === exitCodes.failed || right === exitCodes.failed ? exitCodes.failed : Math.max(left, right);
}

function report(path: string, recovery: Recovery, terminal: Terminal): void {
  if (recovery.kind === "nothing") {
    terminal.print(
      `${path}: the run was killed while it started, and had stored nothing; its name is free again.`,
    );
    return;
  }
  if (recovery.kind === "complete") {
    terminal.print(`${path}: complete already; there is nothing to do.`);
    return;
  }
  if (recovery.kind === "ring") {
    terminal.print(`${path}: complete already; its ring ${recovery.ringPath}, which was left, was removed.`);
    return;
  }
  if (recovery.kind === "file") {
    const { changed, isForeign, records, cutBytes, lost = 0 } = recovery.file;
    if (isForeign === true)
      terminal.print(
        `${path}: written by another program, so there is nothing to recover here; nothing was changed.`,
      );
    else if (!changed) terminal.print(`${path}: complete already, ${records} records; nothing was changed.`);
    else
      terminal.print(
        `${path}: readable, ${records} records; ${cutBytes} bytes of a torn end were cut off.${lost === 0 ? "" : ` ${lost} records are lost: \`daq inspect\` shows which.`}`,
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
