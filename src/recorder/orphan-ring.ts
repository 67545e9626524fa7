import { existsSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { DaqError } from "../model/errors.ts";
import { parseJson } from "../model/parse-json.ts";
import { listConsumers } from "../ring/consumer-slots.ts";
import { readEntries } from "../ring/directory.ts";
import { directoryKind } from "../ring/layout.ts";
import { isAlive } from "../ring/process-identity.ts";
import { attachRingFile, producerOf, runUidOf } from "../ring/ring-file.ts";
import type { RingMemory } from "../ring/ring-memory.ts";
import { journalPath } from "./recorder-options.ts";
import type { RunIndex } from "./run-index.ts";

/** Deletes a ring whose producer is gone and that no recorder needs any more. Returns whether it did. */
export function removeOrphanRing(path: string): boolean {
  return removeRing(
    path,
    (memory) => !listConsumers(memory).some(({ durable }) => durable) || isStored(memory),
  );
}

/** Deletes a ring that was left behind when all of it was in the files: the run's index says so. Returns whether it did. */
export function removeStoredRing(path: string): boolean {
  return removeRing(path, isStored);
}

function removeRing(path: string, isNeedless: (memory: RingMemory) => boolean): boolean {
  let file: ReturnType<typeof attachRingFile>;
  try {
    file = attachRingFile(path);
  } catch (error) {
    if (error instanceof DaqError) return false; // Somebody else removed it already.
    throw error;
  }
  try {
    if (isAlive(producerOf(file.memory)) || !isNeedless(file.memory)) return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    file.close();
  }
}

/**
 * True when the run's index is there, its journal is not, and the one recorder that had a place is dead: it died, with
 * the producer, after its work was done and before the ring was removed.
 */
function isStored(memory: RingMemory): boolean {
  const recorders = listConsumers(memory).filter(({ durable }) => durable);
  if (recorders.length > 1 || recorders.some(({ alive }) => alive)) return false;
  const noted = readEntries(memory, 0).entries.find(({ kind }) => kind === directoryKind.index)?.value;
  const path = (noted as { readonly path?: unknown } | undefined)?.path;
  if (typeof path !== "string" || existsSync(journalPath(resolve(path)))) return false;
  try {
    const index = parseJson(readFileSync(path, "utf8")) as Partial<RunIndex> | null;
    const isWhole = index?.end === "closed" || index?.end === "producer-died" || index?.end === "aborted";
    return isWhole && index.run?.info.uid === runUidOf(memory);
  } catch {
    return false; // Moved, or somebody else's: the ring may be all that there is.
  }
}
