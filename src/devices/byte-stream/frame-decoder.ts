import { dtypeBytes, numberDType } from "../../model/dtype.ts";
import type { StreamSink } from "../../model/frame-sink.ts";
import { columnItemBytes } from "../../model/stream-schema.ts";
import { swapByteOrder } from "./byte-order.ts";
import type { DecoderContext, RecordDecoder } from "./record-decoder.ts";

/**
 * Raw frames of one size, one after the other. A frame is collected in a buffer of its own and enters the sink when it
 * is whole: space reserved in the ring for a frame whose rest never comes would hold back every other stream.
 */
export class FrameDecoder implements RecordDecoder {
  #stream: StreamSink;
  #context: DecoderContext;
  #elementBytes: number;
  #frameBytes: number;
  #bigEndian: boolean;
  /** Made with the first frame. */
  #frame: Uint8Array | undefined;
  #filledBytes = 0;
  #produced = 0;
  #limit: number;

  constructor(stream: StreamSink, bigEndian: boolean, context: DecoderContext) {
    const column = stream.schema.columns[0]!;
    this.#stream = stream;
    this.#context = context;
    this.#limit = context.recordLimit;
    this.#elementBytes = dtypeBytes(numberDType(column.dtype));
    this.#frameBytes = columnItemBytes(column);
    this.#bigEndian = bigEndian;
  }

  get finished(): boolean {
    return this.#produced >= this.#limit;
  }

  get inRecord(): boolean {
    return this.#filledBytes > 0;
  }

  stopAfterRecord(): void {
    this.#limit = Math.min(this.#limit, this.#produced + (this.inRecord ? 1 : 0));
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#frame ??= new Uint8Array(this.#frameBytes);
    for (let offset = 0; offset < chunk.byteLength && !this.finished; ) {
      const bytes = Math.min(this.#frameBytes - this.#filledBytes, chunk.byteLength - offset);
      this.#frame.set(chunk.subarray(offset, offset + bytes), this.#filledBytes);
      this.#filledBytes += bytes;
      offset += bytes;
      if (this.#filledBytes < this.#frameBytes) return;
      if (this.#bigEndian) swapByteOrder(this.#frame, this.#elementBytes);
      const pending = this.#stream.write({
        count: 1,
        timestampNs: this.#context.nowNs(),
        columns: [this.#frame],
      });
      if (pending !== undefined) await pending;
      this.#filledBytes = 0;
      this.#produced++;
    }
  }

  async end(): Promise<void> {
    if (this.#filledBytes === 0) return;
    const detail = `incomplete: ${this.#filledBytes} of ${this.#frameBytes} bytes`;
    this.#filledBytes = 0;
    await this.#stream.lose(1, "device", detail);
    this.#context.warn(`${this.#stream.schema.name}: the last frame is ${detail}; it is counted as lost.`);
  }
}
