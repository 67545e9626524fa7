import { rm } from "node:fs/promises";
import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import { DaqError } from "../../model/errors.ts";
import type { Run } from "../../model/run.ts";
import { writeCheckpoint, type ZarrWriterState } from "./checkpoint-file.ts";
import { type DeclaredRun, declareRun } from "./declare-run.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { LayoutOptions } from "./run-attributes.ts";
import { type FolderOptions, RunFolder } from "./run-folder.ts";
import { lossesGroup } from "./stream-layout.ts";
import { StreamRows, type StreamState } from "./stream-rows.ts";
import { ZarrFormatWriter } from "./writer.ts";

type Opened = { readonly declared: DeclaredRun; readonly streams: readonly StreamRows[] };

/** Makes the folder of a run. Throws `DaqError("path")` when it exists; leaves nothing behind when it fails. */
export async function createRunFolder(
  path: string,
  run: Run,
  options: LayoutOptions,
  folderOptions: FolderOptions,
): Promise<ZarrFormatWriter> {
  const folder = await RunFolder.create(path, folderOptions);
  try {
    const { declared, streams } = await declare(folder, run, options);
    // First of all: it says whose folder this is.
    await writeCheckpoint(folder, { version: 1, uid: run.info.uid, streams: emptyStates(streams) });
    await folder.putDocuments(declared.rootDocuments({ complete: false }));
    await folder.putDocuments(declared.groups);
    for (const rows of streams) await rows.putMetadata(0);
    await folder.keepRoom(roomBytes(streams));
    return new ZarrFormatWriter(folder, declared, streams);
  } catch (error) {
    // It is this call's own.
    await rm(path, { recursive: true, force: true });
    throw error;
  }
}

function emptyStates(streams: readonly StreamRows[]): ZarrWriterState["streams"] {
  return Object.fromEntries(streams.map(({ name }) => [name, { records: 0, shards: {} }]));
}

/**
 * Goes on from a checkpoint: what came after it is removed, also where the run was closed since. The order makes that a
 * crash in between loses nothing: the rows that are in no whole chunk are kept aside before anything is cut, and metadata
 * never names a chunk that is not there.
 */
export async function resumeRunFolder(
  path: string,
  run: Run,
  options: LayoutOptions,
  state: ZarrWriterState,
  folderOptions: FolderOptions,
): Promise<ZarrFormatWriter> {
  const folder = new RunFolder(path, folderOptions);
  if (state.uid !== run.info.uid)
    throw new DaqError("format", `${path}: the checkpoint is one of another run (${state.uid}).`, {
      hint: "Keep the folder, and look at it with `daq inspect`.",
    });
  if ((await folder.names("")).length === 0)
    throw new DaqError("path", `${path} is not there, or empty.`, { hint: "Check the path." });
  // Nobody else writes here: the journal is locked. On a full disk this also makes room.
  await folder.store.removeTemporaries({ everyones: true });
  await folder.releaseRoom();
  const { declared, streams } = await declare(folder, run, options);
  try {
    const shownRows = async (array: string): Promise<number> => {
      const node = await readNode(folder.store, array);
      return node?.kind === "array" ? (node.array.spec.shape[0] ?? 0) : 0;
    };
    const open = [];
    for (const rows of streams) open.push(await rows.readOpenRows(stateOf(state, rows, path), shownRows));
    for (const [index, rows] of streams.entries())
      await rows.keepOpenRows(stateOf(state, rows, path), open[index]!);
    await writeCheckpoint(folder, state);
    await folder.putDocuments(declared.rootDocuments({ complete: false }));
    await folder.remove(".zmetadata");
    for (const rows of streams) await rows.hideAfter(stateOf(state, rows, path));
    await folder.remove(lossesGroup);
    for (const [index, rows] of streams.entries())
      await rows.restore(stateOf(state, rows, path), open[index]!);
    await folder.keepRoom(roomBytes(streams));
    return new ZarrFormatWriter(folder, declared, streams);
  } catch (error) {
    for (const rows of streams) await rows.release();
    throw error;
  }
}

/** What the end of the run writes: chunks that are not full, and metadata. */
function roomBytes(streams: readonly StreamRows[]): number {
  return streams.reduce((sum, { unwrittenBytes }) => sum + unwrittenBytes, 128 << 10);
}

function stateOf({ streams }: ZarrWriterState, rows: StreamRows, path: string): StreamState {
  const state = streams[rows.name];
  if (state !== undefined) return state;
  throw new DaqError("format", `${path}: its checkpoint does not know the stream ${rows.name}.`, {
    hint: "The journal belongs to another run.",
  });
}

async function declare(folder: RunFolder, run: Run, options: LayoutOptions): Promise<Opened> {
  const declared = declareRun(run, options);
  const isEncoded = declared.streams.some(({ timestamps, columns }) =>
    [timestamps, ...columns.map(({ values }) => values)].some(({ array }) => array.steps.length > 0),
  );
  const pool = isEncoded ? await sharedPool() : undefined;
  return { declared, streams: declared.streams.map((stream) => new StreamRows(stream, folder, pool)) };
}
