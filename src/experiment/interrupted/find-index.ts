import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DaqError } from "../../model/errors.ts";
import { findJournal } from "../../recorder/recover-run.ts";
import { readRunIndex } from "../../recorder/run-index.ts";

const journalEnd = ".journal.jsonl";
const indexEnd = ".run.json";
const setAsideFolder = /^(.*)\.interrupted(?:-\d+)?$/;

/**
 * The index of the run that a path belongs to: an index or a journal, present or not, or one of the run's files. Throws
 * `DaqError("path")` for a path that belongs to no run.
 */
export async function findIndex(path: string): Promise<string> {
  if (path.endsWith(indexEnd)) return ownIndex(path);
  if (path.endsWith(journalEnd)) return `${path.slice(0, -journalEnd.length)}${indexEnd}`;
  if (!existsSync(path)) {
    const aside = await setAsideIndex(path);
    if (aside !== undefined) return aside;
    throw new DaqError("path", `${path}: no such file.`, {
      hint: "Give a file of the run that was interrupted, or its ….run.json.",
    });
  }
  const journal = await findJournal(path);
  if (journal !== undefined) return findIndex(journal);
  const folder = dirname(path);
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(indexEnd))) {
    const index = await readRunIndex(join(folder, name)).catch(() => undefined);
    if (index?.outputs.some(({ files }) => files.some((file) => file.path === basename(path))))
      return join(folder, name);
  }
  throw new DaqError("path", `${path} belongs to no run: no ….run.json in its folder names it.`, {
    hint: "Give the ….run.json of the run that was interrupted.",
  });
}

/** An index that was set aside is that of the run that goes on under its old name. */
function ownIndex(path: string): string {
  const [, stem] = setAsideFolder.exec(dirname(path)) ?? [];
  const own = stem === undefined ? undefined : join(dirname(stem), basename(path));
  return own !== undefined && own === `${stem}${indexEnd}` ? own : path;
}

/** Of a file that is in one of the folders beside its old place only: an attempt to take its run up again ended there. */
async function setAsideIndex(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  for (const name of await readdir(parent).catch(() => [])) {
    const [, stem] = setAsideFolder.exec(name) ?? [];
    if (stem !== undefined && existsSync(join(parent, name, basename(path))))
      return join(parent, `${stem}${indexEnd}`);
  }
  return undefined;
}
