import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FileSummary } from "../../formats/contract.ts";
import { loadFormat } from "../../formats/registry.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { type JournalContent, readJournal } from "../../recorder/journal-lines.ts";
import { lossPath } from "../../recorder/loss-file.ts";
import { journalPath, type RecorderOptions } from "../../recorder/recorder-options.ts";
import { outputFiles } from "../../recorder/rotation/output-files.ts";
import { type OutputSummary, type RunEnd, readRunIndex } from "../../recorder/run-index.ts";
import { noSuchFile } from "../near-paths.ts";
import { pythonLines, type StreamsOfFormats } from "../python-lines.ts";
import { progressOf } from "../run-progress.ts";
import { type InspectedFile, type InspectedStream, type Inspection, streamPart } from "./inspection.ts";
import { restoreAdvice, withMissing } from "./missing-parts.ts";

/** A run by its index: every file of it, and the account of each output. */
export async function inspectRunIndex(path: string): Promise<Inspection> {
  const { run, end, outputs, notes } = await readRunIndex(path);
  const seen = await lookAtFiles(
    dirname(path),
    outputs.flatMap(({ format, files }) =>
      files.filter(({ streams }) => streams.length > 0).map((file) => ({ format, path: file.path })),
    ),
  );
  const failures = outputs.flatMap(({ format, failure }) =>
    failure === undefined ? [] : [`${format}: ${failure}`],
  );
  const journal = journalPath(path);
  const isLeft = end === "failed" && (await stat(journal).catch(() => undefined)) !== undefined;
  return {
    path,
    kind: "run",
    state: isLeft || seen.files.some(({ state }) => state === "unfinished") ? "unfinished" : "complete",
    stateDetail: endTexts[end],
    run: run.info,
    files: seen.files,
    streams: streamsOf(run.streams, seen.summaries),
    ledgers: outputs.map(({ format, ledger }) => ({ output: format, ledger })),
    notes: [...notes, ...failures, ...seen.notes],
    advice: [
      ...(isLeft ? [`\`daq recover ${journal}\` adds what the ring still holds, once there is room.`] : []),
      ...(seen.files.some(({ state }) => state === "damaged") ? [restoreAdvice] : []),
    ],
    python: pythonLines(completePaths(seen.files), false, streamsOfFormats(outputs, run.streams)),
  };
}

export const endTexts: Record<RunEnd, string> = {
  closed: "ended as it should",
  "producer-died": "the recording process died; what it had produced was stored",
  aborted: "storing was given up",
  failed: "writing failed",
  "recovered-without-ring": "recovered after its ring was gone, up to the last checkpoint",
};

/** A run by its journal: what its last checkpoint vouches for. */
export async function inspectJournal(path: string): Promise<Inspection> {
  const content = await readJournal(path);
  if (content === undefined) throw await noSuchFile(path);
  const { options, run } = content.head;
  const seen = await lookAtFiles(dirname(path), await plannedDataFiles(options, run.streams, dirname(path)));
  const { state, ringPath } = progressOf(content);
  return {
    path,
    kind: "journal of a run",
    state: state === "left" ? "unfinished" : "recording",
    ...(state === "draining"
      ? { stateDetail: "the devices have stopped; the recorder is storing the rest" }
      : {}),
    run: run.info,
    files: seen.files,
    streams: streamsOf(run.streams, seen.summaries),
    ledgers: ledgersOf(content),
    notes: [...seen.notes, "The account goes up to the last checkpoint."],
    advice: adviceFor(path, state, ringPath),
    python: [],
  };
}

function adviceFor(
  path: string,
  state: "recording" | "draining" | "left",
  ringPath: string | undefined,
): string[] {
  if (state === "recording") return [`\`daq tail ${path}\` follows the run.`];
  if (state === "draining") return ["Look again in a moment."];
  const rest =
    ringPath === undefined
      ? "its ring is gone, so what came after the last checkpoint is lost"
      : `its ring ${ringPath} is still there and is stored too`;
  return [`\`daq recover ${path}\` finishes the files of this run; ${rest}.`];
}

async function plannedDataFiles(
  { outputs }: RecorderOptions,
  streams: readonly StreamSchema[],
  folder: string,
): Promise<NamedFile[]> {
  const planned = await Promise.all(
    outputs.map(async (output) =>
      (await outputFiles(output, streams, folder)).map((file) => ({ ...file, format: output.format })),
    ),
  );
  return planned.flat().filter((file) => file.streams.length > 0);
}

function ledgersOf({ head, last }: JournalContent): { output: string; ledger: Ledger }[] {
  return head.options.outputs.map(({ format, streams }, index) => {
    const output = last?.outputs[index];
    const accounts = streams.map((stream) => {
      const more = output?.more?.[stream];
      const account = {
        stream,
        stored: output?.stored[stream] ?? 0,
        ranges: output?.lost[stream] ?? [],
        ...(more === undefined ? {} : { more }),
      };
      const file = basename(lossPath(head.options.indexPath, stream, format));
      return AccountBook.from(account, file).account();
    });
    return { output: format, ledger: { complete: false, accounts } };
  });
}

type NamedFile = { readonly format: string; readonly path: string };

type SeenFiles = {
  readonly files: InspectedFile[];
  readonly summaries: FileSummary[];
  readonly notes: string[];
};

/** Looks into each file; they stand beside the index, wherever the folder was moved to. */
async function lookAtFiles(folder: string, wanted: readonly NamedFile[]): Promise<SeenFiles> {
  const seen: SeenFiles = { files: [], summaries: [], notes: [] };
  for (const { format, path: written } of wanted) {
    const path = join(folder, basename(written));
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) {
      seen.files.push({ path, format, state: "missing" });
      continue;
    }
    try {
      const { inspect, missingParts } = await loadFormat(format);
      const summary = await inspect(path);
      const missing = (await missingParts?.(path)) ?? [];
      seen.files.push(withMissing({ path, format, bytes: summary.bytes, state: summary.state }, missing));
      seen.summaries.push(summary);
      const notes = new Set([...summary.notes, ...missing]);
      seen.notes.push(...[...notes].map((note) => `${basename(path)}: ${note}`));
    } catch (error) {
      if (!(error instanceof DaqError)) throw error;
      seen.files.push({ path, format, bytes: status.size, state: "unreadable", problem: error.message });
    }
  }
  return seen;
}

function streamsOf(streams: readonly StreamSchema[], summaries: readonly FileSummary[]): InspectedStream[] {
  return streams.map((schema) => ({
    schema,
    parts: summaries.flatMap((summary) =>
      summary.streams
        .filter((stream) => stream.schema.name === schema.name)
        .map((stream) => streamPart(summary.path, stream)),
    ),
  }));
}

/** The streams that are in the files of those formats. */
export function streamsOfFormats(
  outputs: readonly OutputSummary[],
  streams: readonly StreamSchema[],
): StreamsOfFormats {
  return { hdf5: streamsIn("hdf5", outputs, streams), csv: streamsIn("csv", outputs, streams) };
}

/** What a run has in one format. */
function streamsIn(
  format: string,
  outputs: readonly OutputSummary[],
  streams: readonly StreamSchema[],
): StreamSchema[] {
  const files = outputs.filter((output) => output.format === format).flatMap((output) => output.files);
  return streams.filter(({ name }) => files.some((file) => file.streams.includes(name)));
}

function completePaths(files: readonly InspectedFile[]): string[] {
  return files.filter(({ state }) => state === "complete").map(({ path }) => path);
}
