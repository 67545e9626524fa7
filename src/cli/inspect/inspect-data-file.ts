import { formatOfPath } from "../../formats/registry.ts";
import { readJournal } from "../../recorder/journal-lines.ts";
import { findJournal } from "../../recorder/recover-run.ts";
import type { StoredObject } from "../../stores/contract.ts";
import { pythonLines } from "../python-lines.ts";
import { progressOf } from "../run-progress.ts";
import { type Inspection, streamPart } from "./inspection.ts";
import { restoreAdvice, withMissing } from "./missing-parts.ts";

/**
 * What is in one data file, from the file alone; its journal says whether the run still goes on. `objects`: those of a folder
 * at a store, of which not all are at `path`.
 */
export async function inspectDataFile(
  path: string,
  objects?: AsyncIterable<StoredObject>,
): Promise<Inspection> {
  const format = await formatOfPath(path);
  const summary = await format.inspect(path);
  const { run, ledger, state, bytes, notes } = summary;
  const missing = (await format.missingParts?.(path, objects)) ?? [];
  const unfinished = state === "unfinished" ? await unfinishedState(path) : await failedRun(path);
  return {
    path,
    kind: "data file",
    state: unfinished?.state ?? "complete",
    ...(run === undefined ? {} : { run }),
    ...(missing.length === 0 ? {} : { stateDetail: "damaged: parts of it are not there" }),
    files: [withMissing({ path, format: summary.format, bytes, state }, missing)],
    streams: summary.streams.map((stream) => ({ schema: stream.schema, parts: [streamPart(path, stream)] })),
    ledgers: ledger === undefined ? [] : [{ output: summary.format, ledger }],
    notes: [...new Set([...notes, ...missing])],
    advice: [...(unfinished?.advice ?? []), ...(missing.length === 0 ? [] : [restoreAdvice])],
    python:
      state === "complete" && missing.length === 0
        ? pythonLines([path], run === undefined, {
            [summary.format]: summary.streams.map((stream) => stream.schema),
          })
        : [],
  };
}

/** A file that is whole though its run is not: writing failed, and `daq recover` can add what the ring still holds. */
async function failedRun(path: string): Promise<Pick<Inspection, "state" | "advice"> | undefined> {
  const journal = await findJournal(path);
  const content = journal === undefined ? undefined : await readJournal(journal).catch(() => undefined);
  if (content === undefined || progressOf(content).state !== "left") return undefined;
  return {
    state: "unfinished",
    advice: [
      `The file is whole, its run is not: \`daq recover ${journal}\` adds what the ring still holds, once there is room.`,
    ],
  };
}

async function unfinishedState(path: string): Promise<Pick<Inspection, "state" | "advice">> {
  const journal = await findJournal(path);
  const content = journal === undefined ? undefined : await readJournal(journal).catch(() => undefined);
  if (content === undefined)
    return { state: "unfinished", advice: [`\`daq recover ${path}\` finishes the file from what is in it.`] };
  switch (progressOf(content).state) {
    case "recording":
      return { state: "recording", advice: [`\`daq tail ${path}\` follows the run.`] };
    case "draining":
      return {
        state: "recording",
        advice: ["The devices have stopped; the recorder is storing the rest. Look again in a moment."],
      };
    case "left":
      return { state: "unfinished", advice: [`\`daq recover ${journal}\` finishes the files of this run.`] };
  }
}
