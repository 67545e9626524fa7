import { exitCodes } from "../../model/errors.ts";
import { isLossless } from "../../model/ledger.ts";
import { isStoreUrl } from "../../stores/store-url.ts";
import type { Command } from "../command.ts";
import { identifyFile } from "../inspect/identify-file.ts";
import { inspectDataFile } from "../inspect/inspect-data-file.ts";
import { inspectRing } from "../inspect/inspect-ring.ts";
import { inspectJournal, inspectRunIndex } from "../inspect/inspect-run.ts";
import { inspectStore } from "../inspect/inspect-store.ts";
import type { InspectedFile, Inspection } from "../inspect/inspection.ts";
import { inspectionLines } from "../inspect/inspection-lines.ts";

export const inspectCommand: Command = {
  name: "inspect",
  summary: "show what is in a file or a run, and what was lost",
  operands: "FILE…",
  operandCount: [1, Number.POSITIVE_INFINITY],
  options: [
    {
      name: "all",
      kind: "flag",
      doc: "Show every lost range of the ledger, not only the first 20 of a stream.",
    },
  ],
  examples: [
    [
      "daq inspect data/scan_v1.run.json",
      "all files of a run, its metadata, and the account of every stream",
    ],
    ["daq inspect data/scan_v1.camera0.arrow", "one data file; works without the index as well"],
    ["daq inspect data/scan_v1.journal.jsonl", "a run that goes on, or that a crash left behind"],
    [
      "daq inspect s3://bucket/lab/scan_v1.zarr",
      "a run's index or a Zarr folder at a store, without downloading its data",
    ],
    ["daq inspect --json data/*.run.json", "one JSON object for each run, with everything in it"],
  ],
  notes: [
    "FILE is a data file or its sidecar, the index of a run (….run.json), the journal of one that is not finished",
    "(….journal.jsonl), or a ring. Exit code: 0 complete and lossless; 3 readable, but something was lost or the run is",
    "not finished; 1 a file, or a chunk of a Zarr folder, is missing or cannot be read. Values are not read: `daq verify`",
    "reads all of them.",
  ].join("\n"),
  async run(args, terminal) {
    const codes: number[] = [];
    for (const [index, path] of args.positionals.entries()) {
      try {
        const inspection = await inspect(path);
        if (terminal.json) terminal.printJson(inspection);
        else
          for (const line of [...(index > 0 ? [""] : []), ...inspectionLines(inspection, args.flag("all"))])
            terminal.print(line);
        codes.push(codeOf(inspection));
      } catch (error) {
        // The files after it may be fine, and are what the person wants to know of as well.
        terminal.fail(error);
        codes.push(exitCodes.failed);
      }
    }
    return codes.includes(exitCodes.failed) ? exitCodes.failed : Math.max(...codes);
  },
};

async function inspect(given: string): Promise<Inspection> {
  if (isStoreUrl(given)) return inspectStore(given);
  const { kind, path } = await identifyFile(given);
  switch (kind) {
    case "data":
      return inspectDataFile(path);
    case "index":
      return inspectRunIndex(path);
    case "journal":
      return inspectJournal(path);
    case "ring":
      return inspectRing(path);
  }
}

const broken: readonly InspectedFile["state"][] = ["missing", "unreadable", "damaged"];

function codeOf({ state, files, ledgers }: Inspection): number {
  if (files.some((file) => broken.includes(file.state))) return exitCodes.failed;
  const isWhole =
    state === "complete" && ledgers.every(({ ledger }) => ledger.complete && isLossless(ledger));
  return isWhole ? exitCodes.complete : exitCodes.lossy;
}
