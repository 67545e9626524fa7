import { join } from "node:path";
import { ContentDigest, type Digest } from "./content-digest.ts";
import { type Fingerprint, LocalFile } from "./local-file.ts";

/** A small file as it was at one moment: what is sent later is that, whatever the file says by then. */
export type Snapshot = {
  readonly key: string;
  readonly content: Uint8Array;
  readonly fingerprint: Fingerprint;
  readonly digest: Digest;
};

/** Undefined when there is no such file, or when it is written to at this moment. */
export async function readSnapshot(folder: string, key: string): Promise<Snapshot | undefined> {
  const file = await LocalFile.open(join(folder, key));
  if (file === undefined) return undefined;
  try {
    const { fingerprint } = file;
    const content = await file.read(0, new Uint8Array(fingerprint.bytes));
    const digest = new ContentDigest();
    digest.update(content);
    return (await file.isUnchanged()) ? { key, content, fingerprint, digest: digest.finish() } : undefined;
  } finally {
    await file.close();
  }
}
