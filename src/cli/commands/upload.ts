import { DaqError, exitCodes } from "../../model/errors.ts";
import { shellWord } from "../../model/shell-word.ts";
import { type UploadedRun, uploadRuns } from "../../run/upload-run.ts";
import { UploadUnfinished } from "../../upload/upload.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { bytesText } from "../quantity-text.ts";
import type { Terminal } from "../terminal.ts";
import { uploadText } from "../upload-text.ts";

/** Without a terminal that redraws a line, one line in so many milliseconds. */
const logEveryMs = 5_000;

export const uploadCommand: Command = {
  name: "upload",
  summary: "bring a finished run to a store, and prove it equal there",
  operands: "RUN [TARGET]",
  operandCount: [1, 2],
  options: [
    {
      name: "delete-local",
      kind: "flag",
      doc: "Delete the local files once every one is proven equal at the target.",
    },
    { name: "parallel", kind: "text", value: "N", doc: "Objects under way at once. Default: 16." },
    {
      name: "timeout",
      kind: "text",
      value: "TIME",
      doc: "Give up when nothing gets through for so long: 30s, 10min. Default: 10min.",
    },
  ],
  examples: [
    ["daq upload data/scan_v1.run.json s3://bucket/lab", "all files of a run, as s3://bucket/lab/scan_v1.…"],
    [
      "daq upload data/scan_v1.zarr gs://bucket/lab",
      "a Zarr folder; with its run, when there is one beside it",
    ],
    ["daq upload spool", "goes on with every run that was recorded to a store and is not there yet"],
    [
      "daq upload data/scan_v1.run.json /mnt/archive --delete-local",
      "moves a run to another disk, proven equal first",
    ],
  ],
  notes: [
    "RUN is the index of a run (….run.json), any file of it, a Zarr folder, the journal of an upload (….upload.jsonl) or a",
    "spool. TARGET is a folder at a store: s3://bucket/folder, az://…, gs://…, or a path on this machine; without",
    "it, where the run was to go, which its upload journal says. Objects that are there and are not of this run are never overwritten. What is proven is never sent twice, also after a kill: run the",
    "same command again. Exit code: 0 all is proven equal, 4 not all of it got there (nothing is lost, go on later),",
    "1 failed, 2 wrong usage, credentials or bucket.",
  ].join("\n"),
  run: upload,
};

async function upload(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const [path = "", target] = args.positionals;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, onSignal);
  let loggedAtMs = performance.now();
  try {
    const runs = uploadRuns(path, {
      ...limitsOf(args),
      ...(target === undefined ? {} : { target }),
      deleteLocal: args.flag("delete-local"),
      stop: stop.signal,
      onFailure: (error) => terminal.fail(error),
      onProgress: (progress) => {
        if (terminal.json) terminal.printJson({ event: "progress", ...progress });
        const text = uploadText(progress);
        terminal.status(text);
        if (terminal.json || terminal.isInteractive || performance.now() - loggedAtMs < logEveryMs) return;
        loggedAtMs = performance.now();
        terminal.log(text);
      },
    });
    for await (const run of runs) {
      if (terminal.json) terminal.printJson({ event: "finished", ...run });
      else print(run, terminal);
    }
    return exitCodes.complete;
  } catch (error) {
    if (!(error instanceof UploadUnfinished)) throw error;
    terminal.fail(error);
    return exitCodes.notUploaded;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
  }
}

function limitsOf(args: ParsedArguments): { parallel?: number; patienceMs?: number } {
  const parallel = args.text("parallel");
  const timeout = args.text("timeout");
  if (parallel !== undefined && !/^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-6])$/.test(parallel))
    throw new DaqError("usage", `--parallel takes a whole number from 1 to 256, not "${parallel}".`);
  return {
    ...(parallel === undefined ? {} : { parallel: Number(parallel) }),
    ...(timeout === undefined ? {} : { patienceMs: parseDuration(timeout) }),
  };
}

function print(run: UploadedRun, terminal: Terminal): void {
  const { url, objects, bytes, sentObjects, sentBytes, removed } = run;
  terminal.print(`${url}: ${objects} objects, ${bytesText(bytes)}, all proven equal.`);
  terminal.print(
    sentObjects === objects
      ? "All of them were sent just now."
      : `${sentObjects} of them were sent just now (${bytesText(sentBytes)}); the others were there, proven before.`,
  );
  if (removed === undefined) return;
  terminal.print(`The local files were deleted: ${removed.files}.`);
  for (const left of removed.left)
    terminal.warn(`${shellWord(left)} was left: it is no part of the run, and was not uploaded.`);
}
