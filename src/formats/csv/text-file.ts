/** A CSV file that grows by whole batches of text. */
export interface TextFile {
  readonly path: string;
  /** Length of the file with all complete batches and nothing else; a file cut there is valid. */
  readonly completeBytes: number;
  /**
   * Appends the text of one batch. Each piece is borrowed until the next is asked for. When it rejects, the batch is
   * not in the file as soon as `repair` has run, which the next call of any method does first.
   */
  append(pieces: Iterable<Uint8Array>): Promise<void>;
  /** Cuts off what a failed `append` left; does nothing otherwise. */
  repair(): Promise<void>;
  /** From here on `completeBytes` is never cut. `durable`: flushed to the device. */
  checkpoint(durable: boolean): Promise<void>;
  /** Closes the file as it is. Idempotent. */
  close(): Promise<void>;
}
