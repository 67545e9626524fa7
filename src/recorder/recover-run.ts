import { existsSync } from "node:fs";
import { open, readdir, realpath, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { RecoveredFile } from "../formats/contract.ts";
import { formatOfPath, loadFormat } from "../formats/registry.ts";
import { DaqError } from "../model/errors.ts";
import { isAlive } from "../ring/process-identity.ts";
import { attachRingFile, isClosed, producerOf, runUidOf } from "../ring/ring-file.ts";
import { defaultRingPath } from "../ring/ring-place.ts";
import { closeAtLastCheckpoint } from "./close-at-checkpoint.ts";
import { type JournalContent, readJournal } from "./journal-lines.ts";
import { whileLocked } from "./journal-lock.ts";
import { lossPaths } from "./loss-file.ts";
import { removeOrphanRing, removeStoredRing } from "./orphan-ring.ts";
import { plannedFiles, removeFreshFiles } from "./planned-files.ts";
import { Recorder, type RecorderProgress } from "./recorder.ts";
import { ballastPath, journalPath, type OutputOptions } from "./recorder-options.ts";
import { partOfFile } from "./rotation/part-path.ts";
import { type RunIndex, readRunIndex } from "./run-index.ts";

export type Recovery =
  /** A run with its journal: files completed, and what the ring still held was added. */
  | {
      readonly kind: "run";
      readonly index: RunIndex;
      readonly indexPath: string;
      readonly addedRecords: number;
      readonly ringPath: string | undefined;
      readonly failure?: DaqError;
    }
  /** A run that was killed before it had stored anything: the traces of its start were removed. */
  | { readonly kind: "nothing"; readonly journal: string }
  /** A run that was killed when everything was stored: only its ring was left, and was removed. */
  | { readonly kind: "ring"; readonly ringPath: string }
  /** A run that ended as it should: nothing is to be done. */
  | { readonly kind: "complete"; readonly index: RunIndex }
  /** A file on its own. */
  | { readonly kind: "file"; readonly file: RecoveredFile };

/**
 * Recovers what a crash left behind: a journal (`….journal.jsonl`), an index (`….run.json`), or a data file, whose
 * journal is looked for beside it. Throws `DaqError("ring")` when the run is not over.
 */
export async function recover(
  path: string,
  onProgress?: (progress: RecorderProgress) => void,
): Promise<Recovery> {
  // Through a link the journal would be looked for in the link's folder.
  const real = await realpath(path).catch(() => path);
  const journal = await findJournal(real);
  if (journal !== undefined) return recoverRun(journal, onProgress);
  if (path.endsWith(".journal.jsonl") || !existsSync(path))
    throw new DaqError("path", `${path}: no such file.`, {
      hint: "Give a data file, a ….run.json or a ….journal.jsonl.",
    });
  const ringPath = path.endsWith(".run.json") ? defaultRingPath((await readRunIndex(real)).run.info.uid) : "";
  if (existsSync(ringPath) && removeStoredRing(ringPath)) return { kind: "ring", ringPath };
  if (path.endsWith(".run.json")) return { kind: "complete", index: await readRunIndex(real) };
  const format = await formatOfPath(real);
  return { kind: "file", file: await format.recover(real) };
}

/** The journal of the run that a path belongs to; undefined when there is none. */
export async function findJournal(path: string): Promise<string | undefined> {
  if (path.endsWith(".journal.jsonl")) return existsSync(path) ? path : undefined;
  if (path.endsWith(".run.json")) {
    const journal = journalPath(path);
    return existsSync(journal) ? journal : undefined;
  }
  const folder = dirname(path);
  if (!existsSync(folder)) return undefined;
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(".journal.jsonl"))) {
    const candidate = join(folder, name);
    const content = await readJournal(candidate).catch((error: unknown) => {
      if (error instanceof DaqError && error.code === "format") return undefined; // Another kind of file.
      throw error;
    });
    if (content === undefined) continue;
    const { options, run } = content.head;
    const files = (await plannedFiles(options, run.streams)).map((file) => file.path);
    if ([...files, ...lossPaths(options)].some((file) => basename(file) === basename(path))) return candidate;
    if (await isPart(options.outputs, basename(path))) return candidate;
  }
  return undefined;
}

async function isPart(outputs: readonly OutputOptions[], name: string): Promise<boolean> {
  for (const output of outputs.filter(({ rotate }) => rotate !== undefined))
    if (partOfFile(await loadFormat(output.format), output.path, name) !== undefined) return true;
  return false;
}

async function recoverRun(
  journal: string,
  onProgress: ((progress: RecorderProgress) => void) | undefined,
): Promise<Recovery> {
  if (await isStillborn(journal)) return removeStart(journal, undefined);
  const content = await readJournal(journal);
  if (content === undefined) throw new DaqError("path", `${journal}: no such file.`);
  const { options } = content.head;
  if (!ringIsThere(content)) {
    if (content.last === undefined) return removeStart(journal, content);
    const index = await whileLocked(journal, async () => {
      const closed = await closeAtLastCheckpoint(journal, undefined, undefined);
      await rm(`${journal}.tmp`, { force: true });
      await rm(journal);
      return closed;
    });
    await rm(ballastPath(options.indexPath), { force: true });
    return { kind: "run", index, indexPath: options.indexPath, addedRecords: 0, ringPath: undefined };
  }
  const before = sum(content.last?.outputs.map((output) => sum(Object.values(output.stored))) ?? []);
  const recorder = await Recorder.open(options);
  const timer = setInterval(() => onProgress?.(recorder.progress()), 250);
  try {
    const { index, failure } = await recorder.run();
    const after = sum(
      index.outputs.flatMap(({ ledger }) => ledger.accounts.map((account) => account.stored)),
    );
    if (failure === undefined) removeOrphanRing(options.ringPath);
    return {
      kind: "run",
      index,
      indexPath: options.indexPath,
      addedRecords: after - before,
      ringPath: options.ringPath,
      ...(failure === undefined ? {} : { failure }),
    };
  } finally {
    clearInterval(timer);
  }
}

/** How a journal begins whose first line is not whole. */
const headStart = '{"journal":1,';

/** True for a journal that was made and has no first line yet: data files are made only after that. */
async function isStillborn(journal: string): Promise<boolean> {
  await using handle = await open(journal, "r");
  const { size } = await handle.stat();
  if (size > 2 ** 20) return false;
  const text = await handle.readFile("utf8");
  return text === "" || (text.startsWith(headStart) && !text.includes("\n"));
}

/** Frees the name of a run that was killed while it started. `content`: the files of its journal's first line go too. */
async function removeStart(journal: string, content: JournalContent | undefined): Promise<Recovery> {
  await whileLocked(journal, async () => {
    // Now that nobody can write to it any more, it must still be what it was.
    const isSame =
      content === undefined ? await isStillborn(journal) : (await readJournal(journal))?.last === undefined;
    if (!isSame)
      throw new DaqError("path", `${journal} was written while it was looked at: the run goes on.`, {
        hint: "Wait for the run to end.",
      });
    if (content !== undefined) {
      await removeFreshFiles(content);
      await rm(ballastPath(content.head.options.indexPath), { force: true });
    }
    await rm(journal);
  });
  return { kind: "nothing", journal };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** True when the run's own ring still exists and nobody produces into it. Throws when somebody does. */
function ringIsThere({ head }: JournalContent): boolean {
  const path = resolve(head.options.ringPath);
  if (!existsSync(path)) return false;
  const file = attachRingFile(path);
  try {
    if (runUidOf(file.memory) !== head.ringUid) return false;
    const producer = producerOf(file.memory);
    const isOurs = isClosed(file.memory) && producer.pid === process.pid;
    if (!isOurs && isAlive(producer))
      throw new DaqError(
        "ring",
        `This run is still going on: process ${producer.pid} produces into ${path}.`,
        {
          hint: "Stop it first (Ctrl-C there); it closes its files by itself.",
        },
      );
    return true;
  } finally {
    file.close();
  }
}
