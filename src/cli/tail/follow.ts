import type { RingRecord } from "../../ring/ring-record.ts";
import { lastFrameStatistics } from "./frame-statistics.ts";
import { RateMeter } from "./rate-meter.ts";
import { copyRows, type RecordRows } from "./record-rows.ts";
import type { RingTap, TappedStream } from "./ring-tap.ts";
import type { TailEnd, TailOutput } from "./tail-output.ts";

export type FollowOptions = {
  /** Time between two samples of a stream. */
  readonly intervalMs: number;
  /** Every row of the table streams, not only samples. */
  readonly everyRow: boolean;
  /** Ends after so many rows and frames. */
  readonly limit?: number;
  /** Leave records out rather than use more than a tenth of a processor for looking at their headers. */
  readonly maySkip: boolean;
  readonly signal: AbortSignal;
};

/** How often the ring is looked at: a small one laps in well under a second. */
const pollMs = 100;
/**
 * Part of the time that goes into looking at headers. What is read here was written a moment ago by the producer's
 * processor. With half of the time, a producer at 5 million records a second became slower (two busy cores, measured once);
 * with a tenth, the difference was lost in the noise.
 */
const lookShare = 0.1;
/** For every row: what a person still takes for "at once". */
const everyRowPollMs = 20;

/** Follows a ring until it ends, the limit is reached, or the signal aborts. */
export function follow(tap: RingTap, output: TailOutput, options: FollowOptions): Promise<TailEnd> {
  return new Following(tap, output, options).run();
}

class Following {
  readonly #tap: RingTap;
  readonly #output: TailOutput;
  readonly #options: FollowOptions;
  readonly #meters = new Map<TappedStream, RateMeter>();
  #left: number;
  /** When something was shown last: a stream that has been silent is shown at once. */
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(tap: RingTap, output: TailOutput, options: FollowOptions) {
    this.#tap = tap;
    this.#output = output;
    this.#options = options;
    this.#left = options.limit ?? Number.POSITIVE_INFINITY;
  }

  async run(): Promise<TailEnd> {
    const { intervalMs, everyRow, maySkip, signal } = this.#options;
    const tap = this.#tap;
    const period = Math.min(intervalMs, everyRow ? everyRowPollMs : pollMs);
    for (;;) {
      const startMs = performance.now();
      const isThrough = this.#read(everyRow || !maySkip ? pollMs : period * lookShare);
      if (this.#left > 0 && startMs - this.#shownMs >= intervalMs) this.#showSamples(startMs);
      if (this.#left <= 0) return "count";
      if (signal.aborted) return "left";
      if (!isThrough) {
        if (!everyRow && maySkip) tap.skipToNewest();
        else {
          // There is more at once; signals have to get their turn all the same.
          await new Promise(setImmediate);
          continue;
        }
      } else {
        const state = await tap.state();
        if (state !== "open") {
          this.#finish();
          return this.#left <= 0 ? "count" : state;
        }
      }
      await pause(Math.max(1, period - (performance.now() - startMs)), signal);
    }
  }

  #finish(): void {
    while (!this.#read(pollMs) && this.#left > 0);
    // What comes after the last row that was asked for is not missed.
    if (this.#left <= 0) return;
    this.#tap.accountForRest((hole) => this.#output.hole(hole));
    this.#showSamples(performance.now());
  }

  #read(milliseconds: number): boolean {
    const visitor = this.#options.everyRow ? { onRecord: this.#takeRecord } : {};
    return this.#tap.read(milliseconds, { ...visitor, onHole: (hole) => this.#output.hole(hole) });
  }

  readonly #takeRecord = (record: RingRecord, stream: TappedStream): boolean => {
    if (stream.schema.kind !== "table") return true;
    stream.newestAt = undefined;
    const rows = copyRows(this.#tap.reader, record, 0, Math.min(record.count, this.#left));
    if (rows === undefined) this.#tap.reject(record, stream);
    else this.#show(rows, stream);
    return this.#left > 0;
  };

  #show(rows: RecordRows, stream: TappedStream): void {
    this.#output.rows(rows, stream);
    this.#left -= rows.count;
  }

  #showSamples(nowMs: number): void {
    const { reader } = this.#tap;
    for (const stream of this.#tap.wantedStreams)
      this.#meterOf(stream).add(reader.producedOf(stream.view.index), nowMs);
    this.#tap.visitNewest((record, stream) => {
      if (this.#left <= 0) return;
      this.#shownMs = nowMs;
      if (stream.schema.kind === "table") {
        const rows = copyRows(reader, record, record.count - 1, record.count);
        if (rows !== undefined) this.#show(rows, stream);
      } else {
        const frame = lastFrameStatistics(reader, record);
        if (frame === undefined) return;
        this.#output.frame(frame, stream, this.#meterOf(stream).perSecond);
        this.#left--;
      }
    });
    this.#output.roundDone(this.#tap.wantedStreams, (stream) => this.#meterOf(stream).perSecond);
  }

  #meterOf(stream: TappedStream): RateMeter {
    const known = this.#meters.get(stream) ?? new RateMeter();
    this.#meters.set(stream, known);
    return known;
  }
}

/** Ends early when the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
