import { DaqError } from "../../model/errors.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunFolder } from "./run-folder.ts";
import type { StreamState } from "./stream-rows.ts";

/** What a checkpoint says: the run, and how far each stream is. */
export type ZarrWriterState = {
  readonly version: 1;
  readonly uid: string;
  readonly streams: { readonly [stream: string]: StreamState };
};

/** In the folder of a run that is not complete: its last checkpoint, so that the folder can be finished from itself alone. */
export const checkpointKey = ".checkpoint.json";

export async function writeCheckpoint(folder: RunFolder, state: ZarrWriterState): Promise<void> {
  await folder.store.put(checkpointKey, [Buffer.from(`${JSON.stringify(state)}\n`)]);
}

/** Undefined where there is none. */
export async function readCheckpoint(folder: RunFolder): Promise<ZarrWriterState | undefined> {
  const bytes = await folder.store.get(checkpointKey);
  if (bytes === undefined) return undefined;
  const path = folder.pathOf(checkpointKey);
  try {
    return parseWriterState(parseJson(Buffer.from(bytes).toString("utf8")), path);
  } catch (cause) {
    if (cause instanceof DaqError) throw cause;
    throw new DaqError("format", `${path} cannot be read as a checkpoint: ${(cause as Error).message}`, {
      hint: "What is in whole chunks and shards can still be read.",
      cause,
    });
  }
}

/** Throws `DaqError("format")` for what no writer of this format made. */
export function parseWriterState(state: unknown, path: string): ZarrWriterState {
  const { version, uid, streams } = (state ?? {}) as Partial<ZarrWriterState>;
  if (version === 1 && typeof uid === "string" && typeof streams === "object" && streams !== null)
    return { version, uid, streams };
  throw new DaqError("format", `The checkpoint says nothing of the Zarr folder ${path}.`, {
    hint: "It belongs to another run or version. `daq recover` makes the folder complete as it is.",
  });
}
