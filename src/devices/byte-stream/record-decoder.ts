/**
 * Turns chunks of a byte stream into records of one stream. Calls are not concurrent: whoever reads the bytes waits
 * for `push` before it reads on, so a full ring holds the device back instead of filling this process.
 */
export interface RecordDecoder {
  /** The record limit is reached: further bytes are not wanted. */
  readonly finished: boolean;
  /** The last bytes were the beginning of a record that is not complete yet. */
  readonly inRecord: boolean;
  /** Between two calls of `push`: finishes with the record that has begun, or at once where none has. */
  stopAfterRecord(): void;
  /** `chunk` is borrowed until the promise settles. */
  push(chunk: Uint8Array): Promise<void>;
  /**
   * No more bytes come. `finished`: the source said all it wanted to say. `cut`: it was stopped, or it broke off, so
   * that a last line without its end may be half a number.
   */
  end(how: "finished" | "cut"): Promise<void>;
}

/** Where a decoder's records go, and what it may ask for. */
export type DecoderContext = {
  readonly nowNs: () => bigint;
  readonly recordLimit: number;
  readonly warn: (message: string) => void;
};
