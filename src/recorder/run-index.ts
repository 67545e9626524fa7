import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../bytes/sync-folder.ts";
import type { OutputFile } from "../formats/contract.ts";
import { DaqError, writeError } from "../model/errors.ts";
import type { Ledger } from "../model/ledger.ts";
import { toJson } from "../model/metadata.ts";
import { parseJson } from "../model/parse-json.ts";
import type { Run } from "../model/run.ts";

/** How a recording came to its end. */
export type RunEnd =
  /** The producer closed the ring and everything was drained. */
  | "closed"
  /** The producer's process died; what was in the ring was drained. */
  | "producer-died"
  /** Draining was given up. */
  | "aborted"
  /** A crash, recovered when its ring was gone: nobody knows what was produced after the last checkpoint. */
  | "recovered-without-ring"
  /** The disk was full or the files could not be written; `daq recover` can go on. */
  | "failed";

export type OutputSummary = {
  readonly format: string;
  /** Paths relative to the index's folder. */
  readonly files: readonly OutputFile[];
  readonly ledger: Ledger;
  /** Why the output ended early. */
  readonly failure?: string;
};

/** The small JSON file beside the data: what belongs to the run, and its account. */
export type RunIndex = {
  readonly daqRun: 1;
  readonly end: RunEnd;
  readonly endedAtNs: string;
  readonly run: Run;
  readonly outputs: readonly OutputSummary[];
  /** Names of files beside the index that no recorder wrote: the documents of a plan, what a script printed. */
  readonly beside?: readonly string[];
  readonly notes: readonly string[];
};

/** Writes the index under a temporary name and renames it: readers see it whole or not at all. */
export async function writeRunIndex(path: string, index: RunIndex, power: boolean): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(`${toJson(index, 2)}\n`);
      if (power) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    if (power) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(path, error);
  }
}

export async function readRunIndex(path: string): Promise<RunIndex> {
  const fail = (problem: string, cause?: unknown) => new DaqError("format", `${path}: ${problem}`, { cause });
  let value: RunIndex;
  try {
    value = parseJson(await readFile(path, "utf8")) as RunIndex;
  } catch (error) {
    throw fail(`cannot be read as a run's index: ${(error as Error).message}`, error);
  }
  if (value?.daqRun !== 1 || !Array.isArray(value.outputs)) throw fail("is not the index of a run.");
  return value;
}
