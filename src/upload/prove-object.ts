import { DaqError } from "../model/errors.ts";
import type { Store } from "../stores/contract.ts";
import { ContentDigest, type Digest, isSameContent, sumFor } from "./content-digest.ts";
import type { ProvenObject } from "./upload-journal-lines.ts";

/** Read back so much at once. */
const pieceBytes = 4 << 20;

/** What the store keeps is not what it was given. */
export class UnequalObject extends DaqError {
  constructor(store: Store, key: string, found: string, expected: string) {
    super("io", `${store.url}/${key} is not what was sent: ${found}, ours has ${expected}.`, {
      hint: "Nothing was deleted here. Look at what lies between (a proxy, a gateway), then `daq upload` again.",
    });
  }
}

/**
 * Compares the store's own checksum with ours; where it has none, reads the object back. Throws `UnequalObject` when
 * they differ, or when the object is not there.
 */
export async function proveObject(store: Store, key: string, ours: Digest): Promise<ProvenObject["by"]> {
  const theirs = await store.checksum?.(key);
  if (theirs === undefined) {
    await readBack(store, key, ours);
    return "read back";
  }
  const expected = sumFor(ours, theirs);
  if (theirs.hex.toLowerCase() !== expected)
    throw new UnequalObject(store, key, `the store computed the ${theirs.algorithm} ${theirs.hex}`, expected);
  return theirs.algorithm;
}

async function readBack(store: Store, key: string, ours: Digest): Promise<void> {
  const found = await store.stat(key);
  if (found?.bytes !== ours.bytes) {
    const what = found === undefined ? "it is not there" : `it has ${found.bytes} bytes`;
    throw new UnequalObject(store, key, what, `${ours.bytes} bytes`);
  }
  const digest = new ContentDigest();
  for (let offset = 0; offset < ours.bytes; ) {
    const piece = await store.getRange(key, offset, Math.min(pieceBytes, ours.bytes - offset));
    if (piece === undefined || piece.byteLength === 0) break; // It was cut or deleted meanwhile.
    digest.update(piece);
    offset += piece.byteLength;
  }
  const theirs = digest.finish();
  if (!isSameContent(theirs, ours))
    throw new UnequalObject(store, key, `read back, it has the MD5 ${theirs.md5}`, ours.md5);
}
