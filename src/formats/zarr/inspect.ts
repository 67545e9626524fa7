import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { FileSummary } from "../contract.ts";
import { readCheckpoint } from "./checkpoint-file.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { ledgerNote } from "./hierarchy/ledger-note.ts";
import { checkNodePath, keyIn } from "./hierarchy/node-path.ts";
import { readNode, type ZarrNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import type { RunRecord } from "./run-attributes.ts";
import { RunFolder } from "./run-folder.ts";
import { type RunRoot, readRunRoot } from "./run-root.ts";
import { streamLayouts } from "./stream-layout.ts";

/** What is in a folder, from its metadata; of the values only the first and last timestamps are read. */
export async function inspectZarr(path: string): Promise<FileSummary> {
  const root = await readRunRoot(path);
  const { record } = root;
  return record === undefined ? inspectForeign(path, root) : inspectOwn(path, root, record);
}

async function inspectOwn(path: string, { store }: RunRoot, record: RunRecord): Promise<FileSummary> {
  const notes: string[] = [];
  const { run, options, complete, ledger } = record;
  const folder = new RunFolder(path, { openSink: openFileSink, durability: "process" });
  const state = complete ? undefined : await readCheckpoint(folder);
  const streams = [];
  for (const { stream, group, timestamps } of streamLayouts(
    run.streams,
    options.chunkRows,
    options.zarr ?? {},
  )) {
    const times = await readableArray(store, keyIn(group, timestamps), notes);
    const shown = times?.spec.shape[0] ?? 0;
    const account = ledger?.accounts.find((each) => each.stream === stream.name);
    const ends = times === undefined || shown === 0 ? {} : await timestampEnds(store, times, shown, notes);
    // What is in no whole chunk yet is stored, too, and `daq recover` brings it in. Rows whose chunks were deleted are lost.
    const records = state?.streams[stream.name]?.records ?? Math.min(shown, account?.stored ?? shown);
    streams.push({ schema: stream, records, ...ends });
  }
  return {
    path,
    format: "zarr",
    bytes: await bytesIn(path),
    state: complete ? "complete" : "unfinished",
    run: run.info,
    streams,
    ...(complete && ledger !== undefined ? { ledger } : {}),
    notes,
  };
}

/** A damaged array is a note: what is left can still be described. */
async function readableArray(
  store: RunRoot["store"],
  path: string,
  notes: string[],
): Promise<ZarrArray | undefined> {
  try {
    const node = await readNode(store, path);
    if (node?.kind === "array") return node.array;
    notes.push(`The array ${path} is missing.`);
  } catch (error) {
    if (!(error instanceof DaqError)) throw error;
    notes.push(error.message);
  }
  return undefined;
}

async function timestampEnds(
  store: RunRoot["store"],
  times: ZarrArray,
  records: number,
  notes: string[],
): Promise<{ firstTimestampNs?: string; lastTimestampNs?: string }> {
  const reader = new ArrayReader(store, times);
  try {
    const at = async (row: number) => String((await reader.readRegion([row], [1]))[0]);
    return { firstTimestampNs: await at(0), lastTimestampNs: await at(records - 1) };
  } catch (error) {
    if (!(error instanceof DaqError)) throw error;
    notes.push(error.message);
    return {};
  }
}

/** All files of the folder, those that are not whole yet included. */
async function bytesIn(path: string): Promise<number> {
  let sum = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const name = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(name);
      // A file that was just renamed is counted under its new name, or the next time.
      else sum += (await stat(name).catch(() => ({ size: 0 }))).size;
    }
  return sum;
}

/** More arrays than this are counted, not shown. */
const mostArrays = 1_000;

/** A hierarchy of another program, or a scan: each array with rows is shown as a stream of one column. */
async function inspectForeign(path: string, { store, node }: RunRoot): Promise<FileSummary> {
  const notes = ["Not a recorded run: each array is shown as a stream."];
  const streams: { schema: StreamSchema; records: number }[] = [];
  let skipped = 0;
  const waiting: ZarrNode[] = [node];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (next.kind === "array") {
      const note = ledgerNote(next.array);
      if (note !== undefined && notes.length < mostArrays) notes.push(note);
      const described = streams.length < mostArrays ? describe(next.path, next.array) : undefined;
      if (described === undefined) skipped++;
      else streams.push(described);
      continue;
    }
    for (const child of await childrenOf(path, next.path)) {
      const found = await readNode(store, child).catch((error: unknown) => {
        if (!(error instanceof DaqError)) throw error;
        notes.push(error.message);
        return undefined;
      });
      if (found !== undefined) waiting.push(found);
    }
  }
  if (skipped > 0) notes.push(`${skipped} further arrays have no rows, or are too many to be shown.`);
  // Complete, also where chunks are missing: there is nothing that `daq recover` could add.
  return { path, format: "zarr", bytes: await bytesIn(path), state: "complete", streams, notes };
}

async function childrenOf(root: string, group: string): Promise<string[]> {
  const entries = await readdir(join(root, group), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isNodePath(entry.name))
    .map((entry) => keyIn(group, entry.name))
    .sort();
}

function isNodePath(name: string): boolean {
  try {
    checkNodePath(name);
    return true;
  } catch {
    return false;
  }
}

function describe(path: string, { spec }: ZarrArray): { schema: StreamSchema; records: number } | undefined {
  const [records, ...itemShape] = spec.shape;
  if (records === undefined) return undefined;
  const unit = spec.attributes?.units;
  const name = path === "" ? "array" : path;
  const schema = {
    name: name.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, 100),
    kind: itemShape.length > 0 ? "array" : "table",
    columns: [
      {
        name,
        dtype: spec.dtype,
        ...(spec.maxBytes === undefined ? {} : { maxBytes: spec.maxBytes }),
        shape: itemShape,
        dims: spec.dimensions.slice(1),
        ...(typeof unit === "string" ? { unit } : {}),
      },
    ],
    source: "a Zarr array",
    clock: "system",
  } as const;
  try {
    return { schema: parseStreamSchema(schema), records };
  } catch {
    return undefined;
  }
}
