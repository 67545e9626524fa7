import type { Readable } from "node:stream";
import type { ContainerClient } from "@azure/storage-blob";
import type { AttemptTime } from "../attempt-time.ts";
import { bodyBytes } from "../body-bytes.ts";
import { knownRange } from "../byte-range.ts";
import type { CloudStore, ListPage, PartUpload } from "../cloud-store.ts";
import type { Checksum, StoredObject } from "../contract.ts";
import { bytesOf, joinedPieces } from "../joined-pieces.ts";
import { azureError, isAbsent, statusOf } from "./azure-error.ts";
import { AzureParts } from "./azure-parts.ts";
import { md5Of } from "./md5-of.ts";

/** In an object's metadata, whose names are identifiers here: which call put it. */
const tokenName = "daqput";

export type AzureStoreOptions = {
  readonly container: ContainerClient;
  readonly url: string;
  /** "" or with a "/" at its end. */
  readonly prefix: string;
  readonly time: AttemptTime;
};

/** A container of Azure Blob Storage; objects are block blobs. */
export class AzureStore implements CloudStore {
  readonly url: string;
  readonly partsAtOnce = true;
  readonly #container: ContainerClient;
  readonly #prefix: string;
  readonly #time: AttemptTime;

  constructor({ container, url, prefix, time }: AzureStoreOptions) {
    this.url = url;
    this.#container = container;
    this.#prefix = prefix;
    this.#time = time;
  }

  async put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#call(key, "Writing", () => this.#upload(key, pieces, {}));
  }

  async putIfAbsent(key: string, pieces: readonly Uint8Array[], token: string): Promise<boolean> {
    const extra = { conditions: { ifNoneMatch: "*" }, metadata: { [tokenName]: token } };
    return this.#call(key, "Writing", async () => {
      try {
        await this.#upload(key, pieces, extra);
        return true;
      } catch (error) {
        if (statusOf(error) === 409 || statusOf(error) === 412) return false; // BlobAlreadyExists.
        throw error;
      }
    });
  }

  async tokenOf(key: string): Promise<string | undefined> {
    return (await this.#properties(key))?.metadata?.[tokenName];
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#read(key, 0, undefined);
  }

  async getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined> {
    if (offsetBytes >= 0 && length > 0) return this.#read(key, offsetBytes, length);
    // Azure has no "last bytes" in its ranges.
    const found = await this.stat(key);
    if (found === undefined) return undefined;
    const known = knownRange(offsetBytes, length, found.bytes);
    return known === undefined ? new Uint8Array(0) : this.#read(key, known.offset, known.length);
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const found = await this.#properties(key);
    return found === undefined ? undefined : { key, bytes: found.contentLength ?? 0 };
  }

  async listPage(prefix: string, from: string | undefined): Promise<ListPage> {
    return this.#call(prefix === "" ? undefined : prefix, "Listing", async () => {
      const pages = await this.#time.run(0, (abortSignal) =>
        this.#container
          .listBlobsFlat({ prefix: this.#prefix + prefix, abortSignal })
          .byPage({ maxPageSize: 1000, ...(from === undefined ? {} : { continuationToken: from }) })
          .next(),
      );
      if (pages.done === true) return { objects: [], next: undefined };
      const objects = pages.value.segment.blobItems
        .map(({ name, properties }) => ({
          key: name.slice(this.#prefix.length),
          bytes: properties.contentLength ?? 0,
        }))
        // Some tools mark a folder with an empty blob whose name ends with "/": no key of ours.
        .filter(({ key }) => key !== "" && !key.endsWith("/"));
      return { objects, next: pages.value.continuationToken || undefined };
    });
  }

  async delete(key: string): Promise<void> {
    await this.#call(key, "Deleting", async () => {
      try {
        await this.#time.run(0, (abortSignal) =>
          this.#blob(key).delete({ abortSignal, deleteSnapshots: "include" }),
        );
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    });
  }

  /** The MD5 that the service computed when the blob was put; blobs made of blocks have none. */
  async checksum(key: string): Promise<Checksum | undefined> {
    const md5 = (await this.#properties(key))?.contentMD5;
    return md5 === undefined ? undefined : { algorithm: "md5", hex: Buffer.from(md5).toString("hex") };
  }

  async beginParts(key: string, token: string): Promise<PartUpload> {
    const metadata = { [tokenName]: token };
    return new AzureParts({ blob: this.#blob(key), url: this.url, key, time: this.#time, metadata });
  }

  async close(): Promise<void> {
    // The SDK shares its connections with everything in the process, and lets go of those that are idle.
  }

  async #upload(
    key: string,
    pieces: readonly Uint8Array[],
    extra: {
      readonly conditions?: { readonly ifNoneMatch: string };
      readonly metadata?: Record<string, string>;
    },
  ): Promise<void> {
    const bytes = bytesOf(pieces);
    const { contentMD5 } = await this.#time.run(bytes, (abortSignal) =>
      this.#blob(key).upload(joinedPieces(pieces), bytes, { abortSignal, ...extra }),
    );
    // Without one from us the service computes it over what arrived, and keeps it.
    if (contentMD5 !== undefined && !md5Of(pieces).equals(contentMD5))
      throw Object.assign(new Error("what arrived is not what was sent"), { code: "Md5Mismatch" });
  }

  async #read(key: string, offset: number, length: number | undefined): Promise<Uint8Array | undefined> {
    return this.#call(key, "Reading", async () => {
      try {
        // Fails where the answer breaks off: the store's retry begins again, the SDK's own would double the tries.
        const { readableStreamBody, contentLength = 0 } = await this.#time.run(0, (abortSignal) =>
          this.#blob(key).download(offset, length, { abortSignal, maxRetryRequests: 0 }),
        );
        const body = readableStreamBody as Readable;
        return await this.#time.run(contentLength, (signal) => bodyBytes(body, signal));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        if (statusOf(error) === 416) return new Uint8Array(0); // Begins behind the end, or the object is empty.
        throw error;
      }
    });
  }

  async #properties(key: string) {
    return this.#call(key, "Looking at", async () => {
      try {
        return await this.#time.run(0, (abortSignal) => this.#blob(key).getProperties({ abortSignal }));
      } catch (error) {
        if (!isAbsent(error)) throw error;
        return undefined;
      }
    });
  }

  #blob(key: string) {
    return this.#container.getBlockBlobClient(this.#prefix + key);
  }

  async #call<Result>(key: string | undefined, doing: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw azureError(this.url, key, doing, error);
    }
  }
}
