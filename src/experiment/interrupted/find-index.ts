import { existsSync } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DaqError } from "../../model/errors.ts";
import { findJournal } from "../../recorder/recover-run.ts";
import { readRunIndex } from "../../recorder/run-index.ts";
import { interruptedFolder } from "../../run/set-aside-folders.ts";
import { documentsEnding } from "../documents-file.ts";

const journalEnd = ".journal.jsonl";
const indexEnd = ".run.json";

/**
 * The index of the run that a path belongs to: an index, a journal, or a file of documents, present or not; one of the run's
 * files; a folder that its files were set aside into, or one of those. Throws `DaqError("path")` for a path that belongs to no run.
 */
export async function findIndex(given: string): Promise<string> {
  const path = await unlinked(given);
  for (const end of [indexEnd, journalEnd, documentsEnding])
    if (path.endsWith(end)) return ownIndex(`${path.slice(0, -end.length)}${indexEnd}`);
  const [, stem] = interruptedFolder.exec(resolve(path)) ?? [];
  if (stem !== undefined) return `${stem}${indexEnd}`;
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
      return ownIndex(await unlinked(join(folder, name)));
  }
  throw new DaqError("path", `${path} belongs to no run: no ….run.json in its folder names it.`, {
    hint: "Give the ….run.json of the run that was interrupted.",
  });
}

/** What is renamed has to be the file, and not a link to it. */
async function unlinked(path: string): Promise<string> {
  const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
  return isLink ? realpath(path).catch(() => path) : path;
}

/** An index that was set aside is that of the run that goes on under its old name. */
function ownIndex(path: string): string {
  const [, stem] = interruptedFolder.exec(dirname(resolve(path))) ?? [];
  const own = stem === undefined ? undefined : join(dirname(stem), basename(path));
  return own !== undefined && own === `${stem}${indexEnd}` ? own : path;
}

/** Of a file that is in one of the folders beside its old place only: an attempt to take its run up again ended there. */
async function setAsideIndex(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  for (const name of await readdir(parent).catch(() => [])) {
    const [, stem] = interruptedFolder.exec(name) ?? [];
    if (stem !== undefined && existsSync(join(parent, name, basename(path))))
      return join(parent, `${stem}${indexEnd}`);
  }
  return undefined;
}
