import type { FrameStatistics } from "./frame-statistics.ts";
import type { RecordRows } from "./record-rows.ts";
import type { Hole, TappedStream } from "./ring-tap.ts";

/** Why following came to its end. */
export type TailEnd = "closed" | "producer-died" | "left" | "count";

/** Where `daq tail` shows what it sees: lines, JSON, or a block that is drawn again and again. */
export interface TailOutput {
  /** Rows of a table stream, in order. */
  rows(rows: RecordRows, stream: TappedStream): void;
  /** The newest frame of an array stream; `perSecond` is undefined until it is known. */
  frame(frame: FrameStatistics, stream: TappedStream, perSecond: number | undefined): void;
  hole(hole: Hole): void;
  /** After each round of samples. */
  roundDone(streams: readonly TappedStream[], perSecond: (stream: TappedStream) => number | undefined): void;
}
