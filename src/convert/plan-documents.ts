import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { OutputFile } from "../formats/contract.ts";
import { extensionIn } from "../formats/file-extension.ts";
import { readJsonlDocuments } from "../formats/jsonl/read-jsonl-documents.ts";
import { DaqError } from "../model/errors.ts";
import type { Source } from "../recorder/finished-run.ts";

const ending = ".documents.jsonl";

export type DocumentsCopy = { readonly from: string; readonly path: string };

/** What becomes of the documents that `daq run` writes beside a run's files. */
export type DocumentsPlan = {
  readonly copy?: DocumentsCopy;
  /** What a person should know of it. */
  readonly notice?: string;
};

/** `stem` and `files`: of OUT. */
export async function planDocuments(
  from: string,
  source: Source,
  stem: string,
  files: readonly OutputFile[],
): Promise<DocumentsPlan> {
  const own = `${stemOf(from, source)}${ending}`;
  const path = `${stem}${ending}`;
  if (source.info === undefined || (await sizeOf(own)) === undefined) return {};
  const uid = await firstUid(own);
  if (uid?.replaceAll("-", "") !== source.info.uid)
    return { notice: `${own} is not copied: it does not begin with the start document of this run.` };
  if (files.some((file) => resolve(file.path) === resolve(path)))
    return { notice: `${own} is not copied: the data themselves have that name beside OUT.` };
  if (await isSame(own, path)) return {};
  return {
    copy: { from: own, path },
    notice: `${basename(own)} is copied as it is: places of files in it are those of IN.`,
  };
}

/** What the names of a run's files have in common. */
function stemOf(from: string, { streams }: Source): string {
  const extensions = streams.flatMap(({ files }) => files.flatMap(({ format }) => format.extensions));
  const extension = extensionIn(from, [".run.json", ...extensions]) ?? "";
  return from.slice(0, from.length - extension.length);
}

/** Of the start document, the first line; what is no such line has none. */
async function firstUid(path: string): Promise<string | undefined> {
  try {
    for await (const { name, doc } of readJsonlDocuments(path)) return name === "start" ? doc.uid : undefined;
  } catch (error) {
    if (!(error instanceof DaqError)) throw error;
  }
  return undefined;
}

/** True where OUT stands beside IN, or IN was converted to another format under this name before. */
async function isSame(own: string, path: string): Promise<boolean> {
  if (resolve(own) === resolve(path)) return true;
  if ((await sizeOf(own)) !== (await sizeOf(path))) return false;
  return (await digestOf(own)) === (await digestOf(path));
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}
