import { encodeHere, mostBytesHere } from "../../bytes/row-text/encode-here.ts";
import { RowLayout } from "../../bytes/row-text/row-layout.ts";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { encodeInPool } from "./encode-in-pool.ts";
import type { EncodedText } from "./text-file.ts";

/** Makes batches of one stream text: small ones at once, large ones with the workers. */
export class RowEncoder {
  readonly #layout: RowLayout;
  readonly #gzipLevel: number | undefined;
  #small = new Uint8Array(0);

  /** `gzipLevel`: workers also compress what they made. */
  constructor(stream: StreamSchema, gzipLevel: number | undefined) {
    this.#layout = new RowLayout(stream);
    this.#gzipLevel = gzipLevel;
  }

  /** The batch is borrowed until its text has been taken, and the encoder is used for one batch at a time. */
  encode(batch: Batch): EncodedText {
    if (this.#layout.areaBytes(batch.count) <= mostBytesHere)
      return { form: "text", pieces: [this.#encodeSmall(batch)] };
    if (this.#gzipLevel === undefined) return { form: "text", pieces: encodeInPool(this.#layout, batch, []) };
    const gzip = { codec: "gzip", level: this.#gzipLevel } as const;
    return { form: "gzip-members", pieces: encodeInPool(this.#layout, batch, [gzip]) };
  }

  /** Copied, because other streams are made text in the same memory while this one is written. */
  #encodeSmall(batch: Batch): Uint8Array {
    const text = encodeHere(this.#layout, batch);
    if (this.#small.byteLength < text.byteLength) this.#small = new Uint8Array(2 * text.byteLength);
    this.#small.set(text);
    return this.#small.subarray(0, text.byteLength);
  }
}
