import { dtypeBytes, numberDType } from "../../model/dtype.ts";
import type { StreamSink } from "../../model/frame-sink.ts";
import { ArrivalTimes } from "./arrival-times.ts";
import { swapByteOrder } from "./byte-order.ts";
import type { DecoderContext, RecordDecoder } from "./record-decoder.ts";

/** Raw samples of several channels, interleaved: the first value of each, then the second of each, and so on. */
export class SampleDecoder implements RecordDecoder {
  #stream: StreamSink;
  #context: DecoderContext;
  #bigEndian: boolean;
  #elementBytes: number;
  #channels: number;
  #times: ArrivalTimes;
  /** The incomplete record of the last chunk, then the chunk; from its start, so that typed views are aligned. */
  #interleaved = new Uint8Array(0);
  #carriedBytes = 0;
  #columns: Uint8Array[];
  #timestampsNs = new BigInt64Array(0);
  #produced = 0;
  #limit: number;

  constructor(stream: StreamSink, bigEndian: boolean, context: DecoderContext) {
    this.#stream = stream;
    this.#context = context;
    this.#limit = context.recordLimit;
    this.#bigEndian = bigEndian;
    this.#elementBytes = dtypeBytes(numberDType(stream.schema.columns[0]!.dtype));
    this.#channels = stream.schema.columns.length;
    this.#columns = stream.schema.columns.map(() => new Uint8Array(0));
    this.#times = new ArrivalTimes(stream.schema.rateHz);
  }

  get finished(): boolean {
    return this.#produced >= this.#limit;
  }

  get inRecord(): boolean {
    return this.#carriedBytes > 0;
  }

  get #recordBytes(): number {
    return this.#elementBytes * this.#channels;
  }

  stopAfterRecord(): void {
    this.#limit = Math.min(this.#limit, this.#produced + (this.inRecord ? 1 : 0));
  }

  async push(chunk: Uint8Array): Promise<void> {
    if (this.finished) return;
    const nowNs = this.#context.nowNs();
    const totalBytes = this.#carriedBytes + chunk.byteLength;
    this.#grow(totalBytes);
    this.#interleaved.set(chunk, this.#carriedBytes);
    const whole = Math.floor(totalBytes / this.#recordBytes);
    const count = Math.min(whole, this.#limit - this.#produced);
    const usedBytes = count * this.#recordBytes;
    if (count > 0) {
      if (this.#bigEndian) swapByteOrder(this.#interleaved.subarray(0, usedBytes), this.#elementBytes);
      this.#times.fill(this.#timestampsNs, count, nowNs);
      await this.#stream.write({
        count,
        timestampNs: this.#timestampsNs[0]!,
        timestampsNs: this.#timestampsNs.subarray(0, count),
        columns: this.#separate(count),
      });
      this.#produced += count;
    }
    this.#carriedBytes = this.finished ? 0 : totalBytes - usedBytes;
    this.#interleaved.copyWithin(0, usedBytes, usedBytes + this.#carriedBytes);
  }

  async end(): Promise<void> {
    if (this.#carriedBytes === 0) return;
    const detail = `incomplete: ${this.#carriedBytes} of ${this.#recordBytes} bytes`;
    this.#carriedBytes = 0;
    this.#context.warn(`${this.#stream.schema.name}: the last record is ${detail}; it is counted as lost.`);
    await this.#stream.lose(1, "device", detail);
    this.#produced++;
  }

  #grow(totalBytes: number): void {
    if (this.#interleaved.byteLength >= totalBytes) return;
    // Whole records of 8-byte values, so that views of every element size fit.
    const records = Math.ceil((totalBytes * 1.5) / this.#recordBytes / 8) * 8;
    const larger = new Uint8Array(records * this.#recordBytes);
    larger.set(this.#interleaved.subarray(0, this.#carriedBytes));
    this.#interleaved = larger;
    this.#columns = this.#columns.map(() => new Uint8Array(records * this.#elementBytes));
    this.#timestampsNs = new BigInt64Array(records);
  }

  #separate(count: number): Uint8Array[] {
    const bytes = count * this.#elementBytes;
    if (this.#channels === 1) return [this.#interleaved.subarray(0, bytes)];
    // 8-byte values move as two words: a float view could change the bits of a NaN.
    const wordBytes = Math.min(this.#elementBytes, 4);
    const words = this.#elementBytes / wordBytes;
    const source = wordView(this.#interleaved, wordBytes);
    const stride = this.#channels * words;
    return this.#columns.map((column, channel) => {
      const target = wordView(column, wordBytes);
      for (let word = 0; word < words; word++)
        for (
          let from = channel * words + word, to = word, end = count * words;
          to < end;
          from += stride, to += words
        )
          target[to] = source[from]!;
      return column.subarray(0, bytes);
    });
  }
}

function wordView(bytes: Uint8Array, wordBytes: number): Uint8Array | Uint16Array | Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (wordBytes === 1) return bytes;
  if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
