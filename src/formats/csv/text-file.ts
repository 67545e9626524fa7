/** The text of one batch; each piece is *borrowed* until the next is asked for. */
export type EncodedText = {
  /** `gzip-members`: each piece is one, of whole lines. Only for a file that is compressed. */
  readonly form: "text" | "gzip-members";
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
};

/** A CSV file that grows by whole batches of text. */
export interface TextFile {
  readonly path: string;
  /** Length of the file with all complete batches and nothing else; a file cut there is valid. */
  readonly completeBytes: number;
  /**
   * Appends the text of one batch. When it rejects, the batch is not in the file as soon as `repair` has run, which the
   * next call of any method does first.
   */
  append(text: EncodedText): Promise<void>;
  /** Cuts off what a failed `append` left; does nothing otherwise. */
  repair(): Promise<void>;
  /** From here on `completeBytes` is never cut. `durable`: flushed to the device. */
  checkpoint(durable: boolean): Promise<void>;
  /** Closes the file as it is. Idempotent. */
  close(): Promise<void>;
}
