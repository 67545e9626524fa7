import type { Bucket, File, Storage } from "@google-cloud/storage";
import type { AttemptTime } from "../attempt-time.ts";
import { bodyBytes } from "../body-bytes.ts";
import { byteRange, knownRange } from "../byte-range.ts";
import type { CloudStore, ListPage, PartUpload } from "../cloud-store.ts";
import type { Checksum, StoredObject } from "../contract.ts";
import { bytesOf, joinedPieces } from "../joined-pieces.ts";
import { gcsError, isAbsent, statusOf } from "./gcs-error.ts";
import { GcsParts } from "./gcs-parts.ts";

/** In an object's metadata: which call put it. */
const tokenName = "daq-put";

export type GcsStoreOptions = {
  readonly storage: Storage;
  readonly bucket: string;
  readonly url: string;
  /** "" or with a "/" at its end. */
  readonly prefix: string;
  readonly time: AttemptTime;
};

/** A bucket of Google Cloud Storage. */
export class GcsStore implements CloudStore {
  readonly url: string;
  /** A resumable upload takes one piece after the other. */
  readonly partsAtOnce = false;
  readonly #bucket: Bucket;
  readonly #prefix: string;
  readonly #time: AttemptTime;

  constructor({ storage, bucket, url, prefix, time }: GcsStoreOptions) {
    this.url = url;
    this.#bucket = storage.bucket(bucket);
    this.#prefix = prefix;
    this.#time = time;
  }

  async put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#call(key, "Writing", () => this.#save(key, pieces, {}));
  }

  async putIfAbsent(key: string, pieces: readonly Uint8Array[], token: string): Promise<boolean> {
    const extra = {
      preconditionOpts: { ifGenerationMatch: 0 },
      metadata: { metadata: { [tokenName]: token } },
    };
    return this.#call(key, "Writing", async () => {
      try {
        await this.#save(key, pieces, extra);
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    });
  }

  async tokenOf(key: string): Promise<string | undefined> {
    const token = (await this.#metadata(key))?.metadata?.[tokenName];
    return typeof token === "string" ? token : undefined;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#read(key, {});
  }

  async getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined> {
    const range = byteRange(offsetBytes, length);
    if (range.kind === "from")
      return this.#read(key, { start: range.offset, end: range.offset + length - 1 });
    if (range.kind === "last") return this.#read(key, { end: -range.length });
    const found = await this.stat(key);
    if (found === undefined) return undefined;
    const known = knownRange(offsetBytes, length, found.bytes);
    return known === undefined
      ? new Uint8Array(0)
      : this.#read(key, { start: known.offset, end: known.offset + known.length - 1 });
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const found = await this.#metadata(key);
    return found === undefined ? undefined : { key, bytes: Number(found.size ?? 0) };
  }

  async listPage(prefix: string, from: string | undefined): Promise<ListPage> {
    const query = {
      prefix: this.#prefix + prefix,
      autoPaginate: false,
      maxResults: 1000,
      ...(from === undefined ? {} : { pageToken: from }),
    };
    return this.#call(prefix === "" ? undefined : prefix, "Listing", async () => {
      const [files, next] = await this.#time.run(0, () => this.#bucket.getFiles(query));
      const objects = files
        .map(({ name, metadata }) => ({
          key: name.slice(this.#prefix.length),
          bytes: Number(metadata.size ?? 0),
        }))
        // Consoles mark a folder with an empty object whose name ends with "/": no key of ours.
        .filter(({ key }) => key !== "" && !key.endsWith("/"));
      return { objects, next: (next as { pageToken?: string } | null)?.pageToken };
    });
  }

  async delete(key: string): Promise<void> {
    await this.#call(key, "Deleting", async () => {
      try {
        await this.#time.run(0, () => this.#file(key).delete());
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    });
  }

  async checksum(key: string): Promise<Checksum | undefined> {
    const crc = (await this.#metadata(key))?.crc32c;
    return crc === undefined
      ? undefined
      : { algorithm: "crc32c", hex: Buffer.from(crc, "base64").toString("hex") };
  }

  async beginParts(key: string, token: string): Promise<PartUpload> {
    const options = { metadata: { metadata: { [tokenName]: token } } };
    return this.#call(key, "Writing", async () => {
      const [session] = await this.#time.run(0, () => this.#file(key).createResumableUpload(options));
      return new GcsParts({ url: this.url, key, session, time: this.#time });
    });
  }

  async close(): Promise<void> {
    // The SDK opens connections for each call, and lets go of those that are idle.
  }

  async #save(
    key: string,
    pieces: readonly Uint8Array[],
    extra: {
      readonly preconditionOpts?: { readonly ifGenerationMatch: number };
      readonly metadata?: { readonly metadata: Record<string, string> };
    },
  ): Promise<void> {
    const options = { resumable: false, validation: "crc32c", ...extra } as const;
    await this.#time.run(bytesOf(pieces), () => this.#file(key).save(joinedPieces(pieces), options));
  }

  async #read(
    key: string,
    range: { readonly start?: number; readonly end?: number },
  ): Promise<Uint8Array | undefined> {
    return this.#call(key, "Reading", async () => {
      try {
        const found = await this.stat(key);
        if (found === undefined) return undefined;
        // Objects that are stored compressed are wanted as they are stored.
        const options = { ...range, decompress: false, validation: range.end === undefined };
        return await this.#time.run(found.bytes, (signal) =>
          bodyBytes(this.#file(key).createReadStream(options), signal),
        );
      } catch (error) {
        if (isAbsent(error)) return undefined;
        if (statusOf(error) === 416) return new Uint8Array(0); // Begins behind the end, or the object is empty.
        throw error;
      }
    });
  }

  async #metadata(key: string) {
    return this.#call(key, "Looking at", async () => {
      try {
        const [metadata] = await this.#time.run(0, () => this.#file(key).getMetadata());
        return metadata;
      } catch (error) {
        if (!isAbsent(error)) throw error;
        return undefined;
      }
    });
  }

  #file(key: string): File {
    return this.#bucket.file(this.#prefix + key);
  }

  async #call<Result>(key: string | undefined, doing: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw gcsError(this.url, key, doing, error);
    }
  }
}
