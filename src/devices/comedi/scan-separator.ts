/** Interleaved samples, one of each channel after the other, taken apart into columns. Samples of 16 or 32 bits. */
export class ScanSeparator {
  readonly #sampleBytes: 2 | 4;
  readonly #columns: readonly (Uint16Array | Uint32Array)[];
  readonly #interleaved: Uint16Array | Uint32Array;
  /** The samples as bytes; what `free` gives is filled from outside. */
  readonly #bytes: Uint8Array;
  #filledBytes = 0;

  constructor(channels: number, sampleBytes: 2 | 4, capacityScans: number) {
    const samples = (count: number) => (sampleBytes === 2 ? new Uint16Array(count) : new Uint32Array(count));
    this.#sampleBytes = sampleBytes;
    this.#columns = Array.from({ length: channels }, () => samples(capacityScans));
    this.#interleaved = samples(channels * capacityScans);
    const { buffer, byteOffset, byteLength } = this.#interleaved;
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Where the next bytes go. */
  get free(): Uint8Array {
    return this.#bytes.subarray(this.#filledBytes);
  }

  filled(bytes: number): void {
    this.#filledBytes += bytes;
  }

  get scans(): number {
    return Math.floor(this.#filledBytes / (this.#sampleBytes * this.#columns.length));
  }

  /** The first `count` scans, a column for each channel; they are the separator's until the next call. */
  take(count: number): readonly Uint8Array[] {
    const channels = this.#columns.length;
    const usedBytes = count * channels * this.#sampleBytes;
    const columns = this.#columns.map((column, channel) => {
      for (let scan = 0, from = channel; scan < count; scan++, from += channels)
        column[scan] = this.#interleaved[from]!;
      return new Uint8Array(column.buffer, column.byteOffset, count * this.#sampleBytes);
    });
    this.#bytes.copyWithin(0, usedBytes, this.#filledBytes);
    this.#filledBytes -= usedBytes;
    return columns;
  }
}
