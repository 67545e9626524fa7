import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import { writeError } from "../../model/errors.ts";
import { GzipTextFile } from "./gzip-text-file.ts";
import { TextSource } from "./text-source.ts";

const copyBytes = 1 << 20;
const level = 4;

/**
 * Replaces the torn last member of a gzip file by a whole one with the text up to `textEnd` (or with `header`, when not
 * even the header line was whole). The new member is on disk under the name `FILE.tail-at-OFFSET` before the old one is
 * cut off, so nothing is lost when this is interrupted. Returns the length of the file afterwards.
 */
export async function swapGzipTail(
  source: TextSource,
  textEnd: number,
  header: Uint8Array | undefined,
): Promise<number> {
  const { path, wholeBytes, wholeTextBytes } = source;
  const tail = `${path}.tail-at-${wholeBytes}`;
  const temporary = `${tail}.part`;
  await rm(temporary, { force: true });
  const sink = await openFileSink(temporary);
  try {
    const file = new GzipTextFile(sink, level);
    if (header !== undefined) await file.append({ form: "text", pieces: [header] });
    else await copyText(source, wholeTextBytes, textEnd, file);
    await sink.flush();
  } catch (error) {
    await sink.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await sink.close();
  await rename(temporary, tail);
  return putTail(path, tail, wholeBytes);
}

/** Does the rest of a `swapGzipTail` that was interrupted. */
export async function finishTailSwap(path: string): Promise<void> {
  for (const { tail, offset } of await waitingTails(path)) {
    await using source = await TextSource.open(path);
    for await (const _ of source);
    // The old tail is still there, or gone, or the new one was copied in part.
    if (source.compressed ? source.wholeBytes === offset : offset === 0) await putTail(path, tail, offset);
    else if (source.fileBytes === offset + (await stat(tail)).size) await rm(tail);
  }
}

/** The new tails of a file that a `swapGzipTail` did not get to put into it. */
export async function waitingTails(path: string): Promise<readonly { tail: string; offset: number }[]> {
  const prefix = `${basename(path)}.tail-at-`;
  let names: string[];
  try {
    names = await readdir(dirname(path));
  } catch {
    // The folder may be closed for reading or missing: opening the file says so in better words.
    return [];
  }
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => ({ tail: join(dirname(path), name), offset: Number(name.slice(prefix.length)) }));
}

async function copyText(source: TextSource, start: number, end: number, file: GzipTextFile): Promise<void> {
  let at = 0;
  for await (const chunk of source) {
    const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (wanted.length > 0) await file.append({ form: "text", pieces: [wanted] });
    at += chunk.length;
  }
}

async function putTail(path: string, tail: string, offset: number): Promise<number> {
  const sink = await openFileSink(path, { resumeAtBytes: offset });
  try {
    await copyFile(tail, sink);
    await sink.flush();
  } finally {
    await sink.close();
  }
  await rm(tail);
  return sink.positionBytes;
}

async function copyFile(from: string, to: ByteSink): Promise<void> {
  const handle = await open(from, "r");
  try {
    const buffer = new Uint8Array(copyBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      await to.write(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    throw writeError(to.path, error);
  } finally {
    await handle.close();
  }
}
