import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { NamedDocument } from "../../documents/document.ts";
import { parseDocument } from "../../documents/document.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { readJsonlDocuments } from "../../formats/jsonl/read-jsonl-documents.ts";
import { DaqError } from "../../model/errors.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { openRun, type SourceStream } from "../../recorder/finished-run.ts";
import { openLocked } from "../../recorder/journal-lock.ts";
import { batchesOf } from "./copy-records.ts";
import { findIndex } from "./find-index.ts";
import { recordedDocuments } from "./recorded-documents.ts";
import { recovered } from "./recovered.ts";
import { documentsPathOf, type Place, placeOf, setAside, tidyPlace } from "./set-aside.ts";

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
  const { place, lock } = await lockedPlace(indexPath);
  try {
    await tidyPlace(indexPath, place);
    return {
      ...(await read(place.indexPath)),
      indexPath,
      place,
      [Symbol.asyncDispose]: () => lock.close(),
    };
  } catch (error) {
    await lock.close();
    throw error;
  }
}

/** Where the record is while nobody else can move it. */
async function lockedPlace(indexPath: string): Promise<{ place: Place; lock: FileHandle }> {
  for (;;) {
    const place = await placeOf(indexPath);
    if (!existsSync(place.indexPath))
      throw new DaqError("path", `${place.indexPath}: no such file, so there is no run to take up.`, {
        hint: "Give the ….run.json of the run, or one of its files. A run that was killed before its first point has none.",
      });
    const lock = await openLocked(place.indexPath);
    if (lock === undefined) continue;
    try {
      // Who had the lock before may have moved it on.
      const now = await placeOf(indexPath);
      if (now.indexPath === place.indexPath && now.folder === place.folder) return { place, lock };
    } catch (error) {
      await lock.close();
      throw error;
    }
    await lock.close();
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

/**
 * Its documents, with their own uids where they were kept: what the file of documents lacks, cut off by a power failure or
 * damaged, comes from the files of data.
 */
export async function* documentsOf(run: InterruptedRun): AsyncGenerator<NamedDocument, void, void> {
  const kept = documentsPathOf(run.place.indexPath);
  const streams = new Map<string, string>();
  const reached = new Map<string, number>();
  if (existsSync(kept))
    for await (const document of wholeLines(kept)) {
      const { name, doc } = document;
      if (name === "start" && doc.uid !== run.start.uid) break;
      if (name === "descriptor") streams.set(doc.uid, doc.name ?? "primary");
      if (name === "event") {
        const stream = streams.get(doc.descriptor) ?? "";
        reached.set(stream, Math.max(doc.seq_num, reached.get(stream) ?? 0));
      }
      yield document;
    }
  const known = new Set(streams.values());
  for await (const document of run.documents()) {
    const { name, doc } = document;
    if (name === "descriptor") {
      const stream = doc.name ?? "primary";
      if (!known.has(stream)) yield document;
      streams.set(doc.uid, stream);
    } else if (name !== "event" || doc.seq_num > (reached.get(streams.get(doc.descriptor) ?? "") ?? 0))
      yield document;
  }
}

/** Up to a line that is not whole. */
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
