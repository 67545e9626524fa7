import type { BlockBlobClient } from "@azure/storage-blob";
import type { AttemptTime } from "../attempt-time.ts";
import type { PartUpload } from "../cloud-store.ts";
import { joinedPieces } from "../joined-pieces.ts";
import { azureError } from "./azure-error.ts";
import { md5Of } from "./md5-of.ts";

export type AzurePlace = {
  readonly blob: BlockBlobClient;
  readonly url: string;
  readonly key: string;
  readonly time: AttemptTime;
  readonly metadata: Record<string, string>;
};

/** A block blob: staged blocks, and a list of them that makes it visible (Put Block, Put Block List). */
export class AzureParts implements PartUpload {
  readonly #place: AzurePlace;
  readonly #numbers = new Set<number>();

  constructor(place: AzurePlace) {
    this.#place = place;
  }

  async putPart(number: number, bytes: Uint8Array): Promise<void> {
    const { blob, time, url, key } = this.#place;
    const body = joinedPieces([bytes]);
    const transactionalContentMD5 = md5Of([bytes]);
    try {
      await time.run(bytes.byteLength, (abortSignal) =>
        blob.stageBlock(this.#blockId(number), body, bytes.byteLength, {
          abortSignal,
          transactionalContentMD5,
        }),
      );
      this.#numbers.add(number);
    } catch (error) {
      throw azureError(url, key, `Writing part ${number} of`, error);
    }
  }

  async complete(): Promise<void> {
    const { blob, time, url, key, metadata } = this.#place;
    const ids = [...this.#numbers].sort((left, right) => left - right).map((number) => this.#blockId(number));
    try {
      await time.run(0, (abortSignal) => blob.commitBlockList(ids, { abortSignal, metadata }));
    } catch (error) {
      throw azureError(url, key, "Completing", error);
    }
  }

  /** Azure has no call for it: blocks that nobody lists cost nothing after a week, when it deletes them. */
  async abort(): Promise<void> {
    this.#numbers.clear();
  }

  /** Of one length, as Azure asks for, and with the token: blocks of another writer of the same blob do not count. */
  #blockId(number: number): string {
    const token = this.#place.metadata.daqput ?? "";
    return Buffer.from(`${token}-${String(number).padStart(5, "0")}`).toString("base64");
  }
}
