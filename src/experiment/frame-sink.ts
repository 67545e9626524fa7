import type { RecordsToWrite, Reservation, StreamSink } from "../model/frame-sink.ts";
import type { LossReason } from "../model/ledger.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { FramePositions } from "./frame-positions.ts";

export type FrameSinkParts = {
  /** Declares the stream to the ring, with the first frame. Throws when it comes too late for that. */
  readonly open: () => StreamSink;
  /** Is waited for before the first frame. */
  readonly begin: () => Promise<void>;
  /** Says that the ring is full, when it takes its time. */
  readonly waiting: <Result>(work: Result | Promise<Result>) => Result | Promise<Result>;
  readonly onFrame: ((frame: Uint8Array) => void) | undefined;
};

/** Where a camera puts the frames of one run. */
export class FrameSink implements StreamSink {
  readonly schema: StreamSchema;
  readonly #parts: FrameSinkParts;
  readonly #positions = new FramePositions();
  #sink: StreamSink | undefined;

  constructor(schema: StreamSchema, parts: FrameSinkParts) {
    this.schema = schema;
    this.#parts = parts;
  }

  /** In a run that a stream was declared for; without that, with the first frame. */
  open(): StreamSink {
    this.#sink ??= this.#parts.open();
    return this.#sink;
  }

  /** Of a frame in a file of its stream; undefined for one that was lost. */
  positionOf(frame: number): number | undefined {
    return this.#positions.positionOf(frame);
  }

  async write(records: RecordsToWrite): Promise<void> {
    const sink = this.open();
    await this.#parts.begin();
    await this.#parts.waiting(sink.write(records));
    this.#positions.take(records.count);
    for (
      let index = 0, bytes = records.columns[0]!.byteLength / records.count;
      index < records.count;
      index++
    )
      this.#parts.onFrame?.(records.columns[0]!.subarray(index * bytes, (index + 1) * bytes));
  }

  async reserve(count: number): Promise<Reservation> {
    const sink = this.open();
    await this.#parts.begin();
    const reservation = await this.#parts.waiting(sink.reserve(count));
    const first = this.#positions.take(count);
    return {
      columns: reservation.columns,
      commit: (timestampNs) => {
        this.#parts.onFrame?.(reservation.columns[0]!);
        reservation.commit(timestampNs);
      },
      abandon: (reason, detail) => {
        this.#positions.lose(first, count);
        reservation.abandon(reason, detail);
      },
    };
  }

  async lose(count: number, reason: LossReason, detail: string): Promise<void> {
    const sink = this.open();
    await this.#parts.begin();
    await this.#parts.waiting(sink.lose(count, reason, detail));
    this.#positions.lose(this.#positions.take(count), count);
  }
}
