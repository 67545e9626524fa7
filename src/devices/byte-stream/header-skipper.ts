import type { RecordDecoder } from "./record-decoder.ts";

/** Leaves out the first `skipBytes` bytes (the header of a file or protocol), then hands on to the decoder. */
export class HeaderSkipper implements RecordDecoder {
  #decoder: RecordDecoder;
  #skipBytes: number;
  #leftBytes: number;
  #warn: (message: string) => void;

  constructor(decoder: RecordDecoder, skipBytes: number, warn: (message: string) => void) {
    this.#decoder = decoder;
    this.#skipBytes = skipBytes;
    this.#leftBytes = skipBytes;
    this.#warn = warn;
  }

  get finished(): boolean {
    return this.#decoder.finished;
  }

  get inRecord(): boolean {
    return this.#decoder.inRecord;
  }

  stopAfterRecord(): void {
    this.#decoder.stopAfterRecord();
  }

  async push(chunk: Uint8Array): Promise<void> {
    const skipped = Math.min(this.#leftBytes, chunk.byteLength);
    this.#leftBytes -= skipped;
    if (skipped < chunk.byteLength) await this.#decoder.push(chunk.subarray(skipped));
  }

  async end(how: "finished" | "cut"): Promise<void> {
    if (this.#leftBytes > 0)
      this.#warn(
        `The input ended in its header, after ${this.#skipBytes - this.#leftBytes} of ${this.#skipBytes} bytes.`,
      );
    await this.#decoder.end(how);
  }
}
