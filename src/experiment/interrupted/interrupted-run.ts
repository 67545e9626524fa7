import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { openRun, type SourceStream } from "../../convert/source.ts";
import type { NamedDocument } from "../../documents/document.ts";
import { parseDocument } from "../../documents/document.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { readJsonlDocuments } from "../../formats/jsonl/read-jsonl-documents.ts";
import { DaqError } from "../../model/errors.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { openLocked } from "../../recorder/journal-lock.ts";
import { batchesOf } from "./copy-records.ts";
import { findIndex } from "./find-index.ts";
import { recordedDocuments } from "./recorded-documents.ts";
import { recovered } from "./recovered.ts";
import { documentsPathOf, type Place, placeOf, setAside } from "./set-aside.ts";

/** A stream of a run that was interrupted. */
export type InterruptedStream = {
  readonly source: SourceStream;
  /** Of its events; undefined for frames. */
  readonly descriptor: EventDescriptor | undefined;
};

/**
 * The run of a plan whose process died: its files are complete and hold what had been taken. Nobody else can take it up until it
 * is disposed of.
 */
export type InterruptedRun = AsyncDisposable & {
  readonly info: RunInfo;
  readonly start: RunStart;
  /** In the order in which they were declared. */
  readonly streams: readonly InterruptedStream[];
  /** Where its files are named; they may have been set aside by an earlier attempt. */
  readonly indexPath: string;
  readonly place: Place;
  /** In order, from the files. */
  documents(): AsyncGenerator<NamedDocument, void, void>;
};

/**
 * Finds the run that a file belongs to, completes its files where a crash left them, and looks whether it can be taken up
 * again. Throws `DaqError("usage")` for a run that is over, or was none of a plan; `DaqError("ring")` for one that goes on,
 * `DaqError("path")` for one that somebody else is taking up.
 */
export async function openInterruptedRun(
  path: string,
  onNotice: (notice: string) => void,
): Promise<InterruptedRun> {
  const indexPath = await findIndex(path);
  await recovered(indexPath, onNotice);
  const place = await placeOf(indexPath);
  if (!existsSync(place.indexPath))
    throw new DaqError("path", `${place.indexPath}: no such file, so there is no run to take up.`, {
      hint: "Give the ….run.json of the run, or one of its files. A run that was killed before its first point has none.",
    });
  const lock = await openLocked(place.indexPath);
  try {
    return {
      ...(await read(place.indexPath)),
      indexPath,
      place,
      [Symbol.asyncDispose]: async () => lock?.close(),
    };
  } catch (error) {
    await lock?.close();
    throw error;
  }
}

/** The same, with its files out of the way of those that the run goes on in. */
export async function movedAside(run: InterruptedRun): Promise<InterruptedRun> {
  const indexPath = await setAside(run.place);
  return { ...run, ...(await read(indexPath)), place: { ...run.place, indexPath } };
}

async function read(
  indexPath: string,
): Promise<Pick<InterruptedRun, "info" | "start" | "streams" | "documents">> {
  const { info, streams: sources, ending } = await openRun(indexPath, []);
  if (info?.start === undefined)
    throw new DaqError(
      "usage",
      `${indexPath} is of a recording without a plan: there is nothing to take up.`,
      {
        hint: "Only runs of `daq run` know their plan.",
      },
    );
  if (ending !== undefined)
    throw new DaqError(
      "usage",
      `The run of ${indexPath} is over: it ended with ${ending.exitStatus}${ending.reason === "" ? "" : ` (${ending.reason})`}.`,
      { hint: "Only a run whose process died can be taken up again. Carry out the plan as a new run." },
    );
  const { doc: start } = parseDocument("start", info.start) as { doc: RunStart };
  const streams = sources.map((source) => ({
    source,
    descriptor: descriptorOf(source.schema, dirname(indexPath)),
  }));
  const recorded = streams.flatMap(({ source, descriptor }) =>
    descriptor === undefined ? [] : [{ descriptor, batches: () => batchesOf(source) }],
  );
  if (recorded.length === 0)
    throw new DaqError("usage", `The files of ${indexPath} do not say what their events were made of.`, {
      hint: "Carry out the plan as a new run. Streams of many hundreds of quantities cannot be taken up again.",
    });
  return { info, start, streams, documents: () => recordedDocuments(start, recorded) };
}

/** Its documents, with their own uids where they were kept. */
export function documentsOf(run: InterruptedRun): AsyncGenerator<NamedDocument, void, void> {
  const kept = documentsPathOf(run.place.indexPath);
  return existsSync(kept) ? wholeLines(kept) : run.documents();
}

/** Up to a line that was cut off by the crash. */
async function* wholeLines(path: string): AsyncGenerator<NamedDocument, void, void> {
  try {
    yield* readJsonlDocuments(path);
  } catch (error) {
    if (!(error instanceof DaqError && error.code === "format")) throw error;
  }
}

function descriptorOf({ name, kind, metadata }: StreamSchema, folder: string): EventDescriptor | undefined {
  const text = metadata?.descriptor;
  if (typeof text !== "string") {
    if (kind === "array") return undefined;
    throw new DaqError(
      "usage",
      `The files in ${folder} do not say what the events of ${name} were made of.`,
      {
        hint: "Carry out the plan as a new run. Streams of many hundreds of quantities cannot be taken up again.",
      },
    );
  }
  const { doc } = parseDocument("descriptor", parseJson(text)) as { doc: EventDescriptor };
  if (kind === "array")
    throw new DaqError(
      "usage",
      `The events of stream ${name} are its frames, and nothing else: they cannot be taken up.`,
      {
        hint: "Let the plan read the camera in a stream of another name, and it can be.",
      },
    );
  return doc;
}
