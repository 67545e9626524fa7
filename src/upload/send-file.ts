import { setTimeout } from "node:timers/promises";
import type { MultipartWrite, Store } from "../stores/contract.ts";
import { orAborted } from "./back-off.ts";
import { ContentDigest, type Digest } from "./content-digest.ts";
import { type Fingerprint, LocalFile } from "./local-file.ts";

/** Larger files go in several parts; the most that one object takes of the memory here. */
export const partBytes = 8 << 20;

export type SentFile = Fingerprint & Digest;

/**
 * Puts a file's content under `key`. Undefined when there is no such file, or when it was written to meanwhile: what is
 * at the store then is not known to be anything. `onBytes` is called with what was taken by the store; `signal` ends the
 * waiting for one that does not answer.
 */
export async function sendFile(
  store: Store,
  key: string,
  path: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<SentFile | undefined> {
  const file = await LocalFile.open(path);
  if (file === undefined) return undefined;
  try {
    const digest = new ContentDigest();
    if (file.fingerprint.bytes <= partBytes) {
      const content = await file.read(0, new Uint8Array(file.fingerprint.bytes));
      digest.update(content);
      await orAborted(store.put(key, [content]), signal);
      onBytes(content.byteLength);
    } else await sendParts(await orAborted(store.beginMultipart(key), signal), file, digest, onBytes, signal);
    const sent = { ...file.fingerprint, ...digest.finish() };
    return sent.bytes === file.fingerprint.bytes && (await file.isUnchanged()) ? sent : undefined;
  } finally {
    await file.close();
  }
}

/** A store that does not answer may not answer this either. */
const abortMs = 5_000;

async function sendParts(
  parts: MultipartWrite,
  file: LocalFile,
  digest: ContentDigest,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const buffer = new Uint8Array(partBytes);
  try {
    for (let offset = 0; offset < file.fingerprint.bytes; ) {
      const part = await file.read(offset, buffer);
      if (part.byteLength === 0) break; // It was cut meanwhile.
      digest.update(part);
      await orAborted(parts.write(part), signal);
      onBytes(part.byteLength);
      offset += part.byteLength;
    }
    await orAborted(parts.complete(), signal);
  } catch (error) {
    const aborted = parts.abort().catch(() => {}); // The failure before it is the one to tell of.
    await Promise.race([aborted, setTimeout(abortMs, undefined, { ref: false })]);
    throw error;
  }
}

/** The digest of a file as it is; undefined when there is none, or when it was written to meanwhile. */
export async function digestFile(path: string): Promise<SentFile | undefined> {
  const file = await LocalFile.open(path);
  if (file === undefined) return undefined;
  try {
    const digest = new ContentDigest();
    const buffer = new Uint8Array(Math.min(partBytes, Math.max(file.fingerprint.bytes, 1)));
    for (let offset = 0; offset < file.fingerprint.bytes; ) {
      const part = await file.read(offset, buffer);
      if (part.byteLength === 0) break;
      digest.update(part);
      offset += part.byteLength;
    }
    const result = { ...file.fingerprint, ...digest.finish() };
    return result.bytes === file.fingerprint.bytes && (await file.isUnchanged()) ? result : undefined;
  } finally {
    await file.close();
  }
}
