import { createHash } from "node:crypto";
import { RunningCrc32c } from "../bytes/running-crc32c.ts";
import type { Checksum } from "../stores/contract.ts";

/** What a content is proven by: its length and both checksums that stores keep. */
export type Digest = { readonly bytes: number; readonly crc32c: string; readonly md5: string };

/** The digest of bytes that come piece by piece. */
export class ContentDigest {
  #bytes = 0;
  readonly #crc32c = new RunningCrc32c();
  readonly #md5 = createHash("md5");

  /** The bytes are *borrowed* for the call. */
  update(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#crc32c.update(bytes);
    this.#md5.update(bytes);
  }

  /** To be called once. */
  finish(): Digest {
    return { bytes: this.#bytes, crc32c: this.#crc32c.hex, md5: this.#md5.digest("hex") };
  }
}

export function isSameContent(left: Digest, right: Digest): boolean {
  return left.bytes === right.bytes && left.crc32c === right.crc32c && left.md5 === right.md5;
}

/** The one of ours that a store's checksum is to be compared with. */
export function sumFor(digest: Digest, { algorithm }: Checksum): string {
  return algorithm === "md5" ? digest.md5 : digest.crc32c;
}
