import { DaqError } from "../model/errors.ts";
import type { CloudStore, PartUpload } from "./cloud-store.ts";
import type { MultipartWrite, StoredObject } from "./contract.ts";

/** Clouds take 10,000 parts, of at least 5 MiB each; up to 50 GB they are of one size, as some S3 servers ask for. */
const sizes: readonly { readonly upToPart: number; readonly bytes: number }[] = [
  { upToPart: 6000, bytes: 8 << 20 },
  { upToPart: 8000, bytes: 64 << 20 },
  { upToPart: 10_000, bytes: 512 << 20 },
];

/** Parts under way hold at most this (and at least one part is). */
const maxBytesUnderWay = 32 << 20;

function sizeOfPart(number: number): number | undefined {
  return sizes.find((size) => number <= size.upToPart)?.bytes;
}

/** Cuts what is written into parts and puts them, several at once. An object smaller than a part is put as one. */
export class PartWriter implements MultipartWrite {
  readonly #store: CloudStore;
  readonly #key: string;
  readonly #token: string;
  #upload: Promise<PartUpload> | undefined;
  #part = new Uint8Array(0);
  #partBytes = 0;
  #partNumber = 1;
  #bytes = 0;
  #bytesUnderWay = 0;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #state: "open" | "complete" | "aborted" = "open";

  constructor(store: CloudStore, key: string, token: string) {
    this.#store = store;
    this.#key = key;
    this.#token = token;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#throwFailure();
    for (let done = 0; done < bytes.byteLength; ) {
      this.#makeRoom(bytes.byteLength - done);
      const piece = bytes.subarray(done, done + this.#part.byteLength - this.#partBytes);
      this.#part.set(piece, this.#partBytes);
      this.#partBytes += piece.byteLength;
      done += piece.byteLength;
      if (this.#partBytes === sizeOfPart(this.#partNumber)) await this.#sendPart();
    }
    this.#bytes += bytes.byteLength;
  }

  async complete(): Promise<StoredObject> {
    this.#checkOpen();
    const object = { key: this.#key, bytes: this.#bytes };
    if (this.#upload === undefined) {
      await this.#store.put(this.#key, [this.#part.subarray(0, this.#partBytes)]);
    } else {
      if (this.#partBytes > 0) await this.#sendPart();
      await Promise.all(this.#underWay);
      this.#throwFailure();
      await (await this.#upload).complete();
    }
    this.#state = "complete";
    this.#part = new Uint8Array(0);
    return object;
  }

  async abort(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "aborted";
    this.#part = new Uint8Array(0);
    await Promise.all(this.#underWay); // A part that arrives after the abort would stay.
    const upload = await this.#upload?.catch(() => undefined); // Never begun: nothing to take back.
    await upload?.abort();
  }

  /** Small objects do not pay for a whole part. */
  #makeRoom(wanted: number): void {
    const size = sizeOfPart(this.#partNumber);
    if (size === undefined)
      throw new DaqError(
        "io",
        `${this.#store.url}/${this.#key} has more than the 10,000 parts that a cloud takes, after ${this.#bytes} bytes.`,
        { hint: "Store it as several objects." },
      );
    if (this.#partBytes < this.#part.byteLength) return;
    const grown = new Uint8Array(
      Math.min(size, Math.max(64 << 10, this.#partBytes * 2, this.#partBytes + wanted)),
    );
    grown.set(this.#part.subarray(0, this.#partBytes));
    this.#part = grown;
  }

  async #sendPart(): Promise<void> {
    const part = this.#part.subarray(0, this.#partBytes);
    const number = this.#partNumber++;
    this.#part = new Uint8Array(0);
    this.#partBytes = 0;
    const limit = this.#store.partsAtOnce ? maxBytesUnderWay - part.byteLength : 0;
    while (this.#underWay.size > 0 && this.#bytesUnderWay > limit) await Promise.race(this.#underWay);
    this.#throwFailure();
    this.#bytesUnderWay += part.byteLength;
    const sending = this.#send(number, part).finally(() => {
      this.#bytesUnderWay -= part.byteLength;
      this.#underWay.delete(sending);
    });
    this.#underWay.add(sending);
  }

  /** Never rejects: whoever writes or completes next sees the failure. */
  async #send(number: number, part: Uint8Array): Promise<void> {
    try {
      this.#upload ??= this.#store.beginParts(this.#key, this.#token);
      await (await this.#upload).putPart(number, part);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #checkOpen(): void {
    if (this.#state !== "open")
      throw new DaqError(
        "io",
        `${this.#store.url}/${this.#key}: this object is complete, or was given up, already.`,
      );
  }
}
