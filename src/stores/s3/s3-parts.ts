import type { S3Client } from "@aws-sdk/client-s3";
import { RunningCrc32c } from "../../bytes/running-crc32c.ts";
import type { AttemptTime } from "../attempt-time.ts";
import type { PartUpload } from "../cloud-store.ts";
import { joinedPieces } from "../joined-pieces.ts";
import type { S3Sdk } from "./s3-client.ts";
import { s3Error, statusOf } from "./s3-error.ts";

/** Where one object goes, and what talks to the server. */
export type S3Place = {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly url: string;
  readonly bucket: string;
  /** With the prefix; `key` is without. */
  readonly name: string;
  readonly key: string;
  readonly time: AttemptTime;
};

/** CRC-32C as S3 writes it. */
export function crc32cBase64(pieces: readonly Uint8Array[]): string {
  const sum = new RunningCrc32c();
  for (const piece of pieces) sum.update(piece);
  return Buffer.from(sum.hex, "hex").toString("base64");
}

/** A multipart upload (S3 user guide, "Uploading an object using multipart upload"). */
export class S3Parts implements PartUpload {
  readonly #place: S3Place;
  readonly #uploadId: string;
  readonly #parts = new Map<number, { readonly ETag: string; readonly ChecksumCRC32C?: string }>();

  constructor(place: S3Place, uploadId: string) {
    this.#place = place;
    this.#uploadId = uploadId;
  }

  async putPart(number: number, bytes: Uint8Array): Promise<void> {
    const { sdk, client, time } = this.#place;
    const ChecksumCRC32C = crc32cBase64([bytes]);
    const Body = joinedPieces([bytes]);
    const part = { ...this.#upload, PartNumber: number, Body, ChecksumCRC32C };
    try {
      const stored = await time.run(bytes.byteLength, (abortSignal) =>
        client.send(new sdk.UploadPartCommand(part), { abortSignal }),
      );
      const { ETag = "" } = stored;
      // Servers that do not know the sum refuse it in the list, too (Swift).
      const isKept = stored.ChecksumCRC32C === ChecksumCRC32C;
      this.#parts.set(number, isKept ? { ETag, ChecksumCRC32C } : { ETag });
    } catch (error) {
      throw s3Error(this.#place.url, this.#place.key, `Writing part ${number} of`, error);
    }
  }

  async complete(): Promise<void> {
    const { sdk, client, time } = this.#place;
    const Parts = [...this.#parts]
      .sort(([left], [right]) => left - right)
      .map(([PartNumber, part]) => ({ PartNumber, ...part }));
    const MultipartUpload = { Parts };
    try {
      await time.run(0, (abortSignal) =>
        client.send(new sdk.CompleteMultipartUploadCommand({ ...this.#upload, MultipartUpload }), {
          abortSignal,
        }),
      );
    } catch (error) {
      throw s3Error(this.#place.url, this.#place.key, "Completing", error);
    }
  }

  async abort(): Promise<void> {
    const { sdk, client, time } = this.#place;
    try {
      await time.run(0, (abortSignal) =>
        client.send(new sdk.AbortMultipartUploadCommand(this.#upload), { abortSignal }),
      );
    } catch (error) {
      if (statusOf(error) === 404) return; // Gone already.
      throw s3Error(this.#place.url, this.#place.key, "Giving up", error);
    }
  }

  get #upload(): { readonly Bucket: string; readonly Key: string; readonly UploadId: string } {
    return { Bucket: this.#place.bucket, Key: this.#place.name, UploadId: this.#uploadId };
  }
}
