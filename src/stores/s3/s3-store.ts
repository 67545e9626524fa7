import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { AttemptTime } from "../attempt-time.ts";
import { bodyBytes } from "../body-bytes.ts";
import { byteRange, knownRange, rangeHeader } from "../byte-range.ts";
import type { CloudStore, ListPage, PartUpload } from "../cloud-store.ts";
import type { Checksum, StoredObject } from "../contract.ts";
import { bytesOf, joinedPieces } from "../joined-pieces.ts";
import { StoreError } from "../store-error.ts";
import { ConditionalPut } from "./conditional-put.ts";
import { s3Checksum } from "./s3-checksum.ts";
import { hasOwnEndpoint, type S3Sdk } from "./s3-client.ts";
import { isAbsent, s3Error, statusOf } from "./s3-error.ts";
import { crc32cBase64, S3Parts } from "./s3-parts.ts";

/** In an object's metadata: which call put it. */
const tokenName = "daq-put";

export type S3StoreOptions = {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly url: string;
  readonly bucket: string;
  /** "" or with a "/" at its end. */
  readonly prefix: string;
  readonly time: AttemptTime;
};

/** A bucket of S3 or of a server that speaks its language. */
export class S3Store implements CloudStore {
  readonly url: string;
  readonly partsAtOnce = true;
  readonly #options: S3StoreOptions;
  readonly #conditionalPut: ConditionalPut;

  constructor(options: S3StoreOptions) {
    this.url = options.url;
    this.#options = options;
    this.#conditionalPut = new ConditionalPut({
      isKnown: !hasOwnEndpoint(),
      put: (key, pieces, token) => this.#putNew(key, pieces, token),
      overwrite: (key, pieces, token) => this.#put(key, pieces, { Metadata: { [tokenName]: token } }),
      tokenOf: (key) => this.tokenOf(key),
      exists: async (key) => (await this.stat(key)) !== undefined,
    });
  }

  put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    return this.#put(key, pieces, {});
  }

  putIfAbsent(key: string, pieces: readonly Uint8Array[], token: string): Promise<boolean> {
    return this.#conditionalPut.putIfAbsent(key, pieces, token);
  }

  async tokenOf(key: string): Promise<string | undefined> {
    return (await this.#head(key))?.Metadata?.[tokenName];
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#read(key, undefined);
  }

  async getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined> {
    const range = byteRange(offsetBytes, length);
    if (range.kind === "from") return this.#read(key, rangeHeader(range));
    if (range.kind === "last") return this.#read(key, `bytes=-${range.length}`);
    const found = await this.stat(key);
    if (found === undefined) return undefined;
    const known = knownRange(offsetBytes, length, found.bytes);
    return known === undefined ? new Uint8Array(0) : this.#read(key, rangeHeader(known));
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const head = await this.#head(key);
    return head === undefined ? undefined : { key, bytes: head.ContentLength ?? 0 };
  }

  async listPage(prefix: string, from: string | undefined): Promise<ListPage> {
    const { sdk, client, bucket, prefix: root, time } = this.#options;
    const request = {
      Bucket: bucket,
      Prefix: root + prefix,
      EncodingType: "url",
      ...(from === undefined ? {} : { ContinuationToken: from }),
    } as const;
    try {
      const page = await time.run(0, (abortSignal) =>
        client.send(new sdk.ListObjectsV2Command(request), { abortSignal }),
      );
      const isEncoded = page.EncodingType === "url";
      const objects = (page.Contents ?? []).map(({ Key = "", Size = 0 }) => ({
        key: (isEncoded ? decodeURIComponent(Key.replaceAll("+", "%20")) : Key).slice(root.length),
        bytes: Size,
      }));
      // Consoles mark a folder with an empty object whose name ends with "/": no key of ours.
      const named = objects.filter(({ key }) => key !== "" && !key.endsWith("/"));
      return { objects: named, next: page.IsTruncated === true ? page.NextContinuationToken : undefined };
    } catch (error) {
      throw this.#error(prefix === "" ? undefined : prefix, "Listing", error);
    }
  }

  async delete(key: string): Promise<void> {
    const { sdk, client, time } = this.#options;
    try {
      await time.run(0, (abortSignal) =>
        client.send(new sdk.DeleteObjectCommand(this.#place(key)), { abortSignal }),
      );
    } catch (error) {
      if (!isAbsent(error)) throw this.#error(key, "Deleting", error);
    }
  }

  async checksum(key: string): Promise<Checksum | undefined> {
    const head = await this.#head(key);
    return head === undefined ? undefined : s3Checksum(head);
  }

  async beginParts(key: string, token: string): Promise<PartUpload> {
    const { sdk, client, time, url, bucket } = this.#options;
    const request = {
      ...this.#place(key),
      Metadata: { [tokenName]: token },
      ChecksumAlgorithm: "CRC32C",
      ChecksumType: "FULL_OBJECT",
    } as const;
    try {
      const { UploadId } = await time.run(0, (abortSignal) =>
        client.send(new sdk.CreateMultipartUploadCommand(request), { abortSignal }),
      );
      const place = { sdk, client, url, bucket, name: this.#place(key).Key, key, time };
      return new S3Parts(place, UploadId!);
    } catch (error) {
      throw this.#error(key, "Writing", error);
    }
  }

  async close(): Promise<void> {
    this.#options.client.destroy();
  }

  async #putNew(
    key: string,
    pieces: readonly Uint8Array[],
    token: string,
  ): Promise<"stored" | "exists" | "no such condition"> {
    try {
      await this.#put(key, pieces, { IfNoneMatch: "*", Metadata: { [tokenName]: token } });
      return "stored";
    } catch (error) {
      const status = error instanceof StoreError ? error.call.httpStatus : undefined;
      if (status === 412) return "exists";
      if (status === 501) return "no such condition";
      // 409: another conditional put of this key is under way.
      if (status === 409 && (await this.stat(key)) !== undefined) return "exists";
      throw error;
    }
  }

  async #put(
    key: string,
    pieces: readonly Uint8Array[],
    extra: { readonly IfNoneMatch?: string; readonly Metadata?: Record<string, string> },
  ): Promise<void> {
    const { sdk, client, time } = this.#options;
    // The server refuses what does not have this sum, and keeps it beside the object.
    const sums = { ChecksumCRC32C: crc32cBase64(pieces), ContentLength: bytesOf(pieces) };
    const request = { ...this.#place(key), Body: joinedPieces(pieces), ...sums, ...extra };
    try {
      await time.run(sums.ContentLength, (abortSignal) =>
        client.send(new sdk.PutObjectCommand(request), { abortSignal }),
      );
    } catch (error) {
      throw this.#error(key, "Writing", error);
    }
  }

  async #read(key: string, Range: string | undefined): Promise<Uint8Array | undefined> {
    const { sdk, client, time } = this.#options;
    const request = { ...this.#place(key), ...(Range === undefined ? {} : { Range }) };
    try {
      const { Body, ContentLength = 0 } = await time.run(0, (abortSignal) =>
        client.send(new sdk.GetObjectCommand(request), { abortSignal }),
      );
      return await time.run(ContentLength, (signal) => bodyBytes(Body as Readable, signal));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      if (statusOf(error) === 416) return new Uint8Array(0); // Begins behind the end, or the object is empty.
      throw this.#error(key, "Reading", error);
    }
  }

  async #head(key: string) {
    const { sdk, client, time } = this.#options;
    const request = { ...this.#place(key), ChecksumMode: "ENABLED" } as const;
    try {
      return await time.run(0, (abortSignal) =>
        client.send(new sdk.HeadObjectCommand(request), { abortSignal }),
      );
    } catch (error) {
      if (!isAbsent(error)) throw this.#error(key, "Looking at", error);
      return undefined;
    }
  }

  #place(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#options.prefix + key };
  }

  #error(key: string | undefined, doing: string, error: unknown) {
    return s3Error(this.url, key, doing, error);
  }
}
