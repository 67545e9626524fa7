import { existsSync } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DaqError } from "../model/errors.ts";
import { parseJson } from "../model/parse-json.ts";
import { shellWord } from "../model/shell-word.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { lossPaths } from "../recorder/loss-file.ts";
import { plannedFiles } from "../recorder/planned-files.ts";
import { journalPath } from "../recorder/recorder-options.ts";
import { findJournal } from "../recorder/recover-run.ts";
import { type RunIndex, readRunIndex } from "../recorder/run-index.ts";
import { readUploadJournal, type UploadHead } from "../upload/upload-journal-lines.ts";
import {
  type UploadRoot,
  type UploadSource,
  uploadJournalEnd,
  uploadJournalName,
} from "../upload/upload-source.ts";
import type { OutputPlan } from "./output-plan.ts";

const indexEnd = ".run.json";

/** What can be uploaded, and what its upload's journal says when there is one. */
export type UploadableRun = { readonly source: UploadSource; readonly head: UploadHead | undefined };

/**
 * The run or runs that a path stands for: an index, any file of a run, the journal of an upload, a Zarr folder, or a
 * spool with runs that are not at their stores yet. Throws `DaqError("path")` for a run that is not finished.
 */
export async function findUploadableRuns(path: string): Promise<UploadableRun[]> {
  const real = (await realpath(path).catch(() => path)).replace(/\/+$/, "");
  const journal = await findJournal(real);
  if (journal !== undefined) throw unfinished(path, journal);
  if (real.endsWith(uploadJournalEnd)) return [await runOfUploadJournal(path, real)];
  const status = await stat(real).catch(() => undefined);
  if (status === undefined) {
    const started = real.endsWith(indexEnd)
      ? `${real.slice(0, -indexEnd.length)}${uploadJournalEnd}`
      : undefined;
    // A spool that is being removed has lost its index before its upload's journal.
    if (started !== undefined && existsSync(started)) return [await runOfUploadJournal(path, started)];
    throw noSuchRun(path);
  }
  const index = real.endsWith(indexEnd) ? real : await indexOf(real);
  if (index !== undefined) return [await withHead(await sourceOfIndex(index))];
  // Its upload had begun to delete it when it was killed.
  if (existsSync(`${real}${uploadJournalEnd}`))
    return [await runOfUploadJournal(path, `${real}${uploadJournalEnd}`)];
  if (status.isDirectory() && !(await isZarr(real))) return runsInSpool(path, real);
  if (status.isDirectory()) await requireWholeZarr(path, real);
  const name = basename(real);
  const source: UploadSource = {
    folder: dirname(real),
    stem: name,
    roots: [{ name, required: true }],
  };
  return [await withHead(source)];
}

/** What a run that is planned will make; nothing of it has to be there yet. */
export async function plannedSource(
  plan: OutputPlan,
  streams: readonly StreamSchema[],
  runUid: string,
): Promise<UploadSource> {
  const files = (await plannedFiles(plan, streams)).map((file) => file.path);
  const names = [...[...files, ...lossPaths(plan)].map((file) => basename(file)), ...plan.beside];
  return {
    folder: dirname(plan.indexPath),
    stem: basename(plan.indexPath).slice(0, -indexEnd.length),
    runUid,
    roots: [
      ...names.map((name) => ({ name, required: false })),
      { name: basename(plan.indexPath), required: true, last: true },
    ],
  };
}

/** All files of a run that is over. */
export async function sourceOfIndex(indexPath: string): Promise<UploadSource> {
  const index = await readRunIndex(indexPath);
  if (index.end === "failed" && existsSync(journalPath(indexPath)))
    throw unfinished(indexPath, journalPath(indexPath));
  return {
    folder: dirname(indexPath),
    stem: basename(indexPath).slice(0, -indexEnd.length),
    runUid: index.run.info.uid,
    roots: rootsOf(index, basename(indexPath)),
  };
}

function rootsOf({ outputs, beside = [], end }: RunIndex, indexName: string): UploadRoot[] {
  const names = new Set(
    outputs.flatMap(({ files, ledger }) => [
      ...files.map((file) => file.path),
      ...ledger.accounts.flatMap((account) => (account.more === undefined ? [] : [account.more.file])),
    ]),
  );
  return [
    ...[...names].map((name) => ({ name, required: true })),
    // Who was to write them may have died before it did.
    ...beside.map((name) => ({ name, required: end === "closed" })),
    { name: indexName, required: true, last: true },
  ];
}

async function withHead(source: UploadSource): Promise<UploadableRun> {
  const journal = join(source.folder, uploadJournalName(source.stem));
  const read = existsSync(journal) ? await readUploadJournal(journal) : undefined;
  return { source, head: read?.head };
}

async function runOfUploadJournal(path: string, journal: string): Promise<UploadableRun> {
  if (!existsSync(journal)) throw noSuchRun(path);
  const stem = journal.slice(0, -uploadJournalEnd.length);
  const running = journalPath(`${stem}${indexEnd}`);
  if (existsSync(running)) throw unfinished(path, running);
  if (existsSync(`${stem}${indexEnd}`)) return withHead(await sourceOfIndex(`${stem}${indexEnd}`));
  const read = await readUploadJournal(journal);
  const name = basename(stem);
  if (read?.state.removing !== true && !existsSync(stem))
    throw new DaqError("path", `${path}: the run that it speaks of is not beside it.`, {
      hint: "Move the journal and the run's files together, or give the run and a target.",
    });
  // While local files are removed, what is left of them follows from what was proven.
  const left = new Set([...(read?.state.proven.keys() ?? [])].map((key) => key.split("/", 1)[0]!));
  const roots = existsSync(stem) ? [name] : [...left];
  return {
    source: {
      folder: dirname(journal),
      stem: name,
      roots: roots.map((root) => ({ name: root, required: false })),
    },
    head: read?.head,
  };
}

/** The index that names this file or folder; undefined when none beside it does. */
async function indexOf(path: string): Promise<string | undefined> {
  const folder = dirname(path);
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(indexEnd))) {
    const index = await readRunIndex(join(folder, name)).catch(() => undefined); // Another kind of file.
    if (index !== undefined && rootsOf(index, name).some((root) => root.name === basename(path)))
      return join(folder, name);
  }
  return undefined;
}

async function isZarr(path: string): Promise<boolean> {
  return ["zarr.json", ".zgroup", ".zarray"].some((name) => existsSync(join(path, name)));
}

/** A folder without its index, or one below it: it must be no part of a run, and complete where it is a run of ours. */
async function requireWholeZarr(path: string, real: string): Promise<void> {
  for (let outer = dirname(real); await isZarr(outer); outer = dirname(outer)) {
    const journal = await findJournal(outer);
    if (journal !== undefined) throw unfinished(path, journal);
    const index = await indexOf(outer);
    if (index !== undefined)
      throw new DaqError("path", `${path} is a part of the run ${index}; a run is uploaded as a whole.`, {
        hint: `Give the run: daq upload ${shellWord(index)} …`,
      });
  }
  // Chunks that are not whole are in hidden files, which do not go to the store.
  const checkpoint = join(real, ".checkpoint.json");
  if (await isCheckpoint(checkpoint))
    throw new DaqError("path", `${path}: this run is not finished, ${checkpoint} is still there.`, {
      hint: `If it is still recorded, wait; after a crash run \`daq recover ${shellWord(path)}\` first.`,
    });
}

async function isCheckpoint(path: string): Promise<boolean> {
  try {
    const { uid } = parseJson(await readFile(path, "utf8")) as { uid?: unknown };
    return typeof uid === "string";
  } catch {
    return false; // None, or somebody else's file.
  }
}

/** Every run below a folder whose upload has begun. Those that are still recorded are left alone. */
async function runsInSpool(path: string, folder: string): Promise<UploadableRun[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith(uploadJournalEnd),
  );
  const isOver = (name: string): boolean =>
    !existsSync(journalPath(join(folder, `${name.slice(0, -uploadJournalEnd.length)}${indexEnd}`)));
  const runs = names.filter(isOver).sort();
  if (runs.length > 0)
    return Promise.all(runs.map((name) => runOfUploadJournal(join(path, name), join(folder, name))));
  const indexes = (await readdir(folder)).filter((name) => name.endsWith(indexEnd)).sort();
  const example = indexes.at(-1);
  throw new DaqError("path", `${path} is a folder that is no Zarr store, and no spool with runs to upload.`, {
    hint:
      example === undefined
        ? "Give a run's index (….run.json), a data file of it, or a Zarr folder."
        : `Name a run in it, such as ${shellWord(join(path, example))}.`,
  });
}

function unfinished(path: string, journal: string): DaqError {
  return new DaqError("path", `${path}: this run is not finished, its journal ${journal} is still there.`, {
    hint: `If it is still recorded, wait; after a crash run \`daq recover ${shellWord(journal)}\` first.`,
  });
}

function noSuchRun(path: string): DaqError {
  return new DaqError("path", `${path}: no such run.`, {
    hint: "Give a run's index (….run.json), a data file of it, a Zarr folder, or the spool.",
  });
}
