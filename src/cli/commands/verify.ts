import { type Verification, verify } from "../../convert/verify.ts";
import { DaqError, exitCodes } from "../../model/errors.ts";
import { isLossless } from "../../model/ledger.ts";
import { isStoreUrl } from "../../stores/store-url.ts";
import { accountLines } from "../account-lines.ts";
import type { Command } from "../command.ts";
import { copyReport } from "../copy-report.ts";
import { formatTable } from "../format-table.ts";
import { identifyFile } from "../inspect/identify-file.ts";
import { countText } from "../quantity-text.ts";
import type { Terminal } from "../terminal.ts";

export const verifyCommand: Command = {
  name: "verify",
  summary: "read all of a run, and say whether it is complete and intact",
  operands: "FILE…",
  operandCount: [1, Number.POSITIVE_INFINITY],
  options: [],
  examples: [
    ["daq verify data/scan_v1.run.json", "every record in every file of a run"],
    ["daq verify archive/*.h5", "files by themselves, before their originals are deleted"],
  ],
  notes: [
    "FILE is a data file, or the index of a run (….run.json). Every record is read, through the checksums that its format has",
    "(in Arrow and CSV without gzip there are none); the numbers of the records have to count up, as many as the ledger says have",
    "to be there, and no file, chunk or shard may be missing. `daq inspect` is the quick look.",
    "Exit code: 0 complete and intact; 3 intact, but the ledger says that records were lost or that it does not know; 1 damaged,",
    "not finished, or not readable.",
  ].join("\n"),
  async run(args, terminal) {
    const stop = new AbortController();
    const onSignal = (): void => stop.abort(new DaqError("process", "Stopped: not all was read."));
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.once(signal, onSignal);
    const codes: number[] = [];
    try {
      for (const path of args.positionals) {
        try {
          const found = await verifyPath(path, stop.signal, terminal);
          if (terminal.json) terminal.printJson({ event: "finished", ...found });
          else for (const line of linesOf(found)) terminal.print(line);
          codes.push(codeOf(found));
        } catch (error) {
          if (stop.signal.aborted) throw error;
          // The files after it may be fine, and are what the person wants to know of as well.
          terminal.fail(error);
          codes.push(exitCodes.failed);
        }
      }
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
    return codes.includes(exitCodes.failed) ? exitCodes.failed : Math.max(...codes);
  },
};

async function verifyPath(given: string, stop: AbortSignal, terminal: Terminal): Promise<Verification> {
  if (isStoreUrl(given))
    throw new DaqError("usage", `${given} is at a store; verify reads local files.`, {
      hint: "`daq upload` compares what it brings there; download the files to read them here.",
    });
  const { kind, path } = await identifyFile(given);
  if (kind === "data" || kind === "index")
    return verify({ kind, path, stop, onProgress: copyReport(terminal, "reading") });
  throw new DaqError(
    "format",
    `${given} is ${kind === "ring" ? "a ring" : "the journal of a run"}, not data.`,
    {
      hint: "Wait until the run is over, or finish it with `daq recover`; then verify its ….run.json.",
    },
  );
}

function isDamaged({ streams, missing }: Verification): boolean {
  return missing.length > 0 || streams.some(({ problem }) => problem !== undefined);
}

function codeOf(found: Verification): number {
  if (isDamaged(found)) return exitCodes.failed;
  const isWhole = found.ledgers.every(({ ledger }) => ledger.complete && isLossless(ledger));
  return isWhole ? exitCodes.complete : exitCodes.lossy;
}

function linesOf(found: Verification): string[] {
  const { path, streams, missing, ledgers } = found;
  return [
    `${path}: ${isDamaged(found) ? "DAMAGED" : "intact"}`,
    ...formatTable(
      streams.map(({ stream, paths, records, problem }) => [
        stream,
        paths.join(", "),
        problem === undefined ? `${countText(records, "record")} read` : "damaged",
      ]),
    ).map((line) => `  ${line}`),
    ...streams.flatMap(({ problem }) => (problem === undefined ? [] : [`  ${problem}`])),
    ...missing.map((problem) => `  ${problem}`),
    ...ledgers.flatMap(({ output, ledger }) =>
      accountLines(ledger).map((line) => `  ${output.padEnd(7)}  ${line}`),
    ),
  ];
}
