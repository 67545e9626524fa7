import { createHash } from "node:crypto";

/** The sum that Azure compares and keeps. */
export function md5Of(pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash("md5");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
