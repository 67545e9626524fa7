import type { DaqError } from "../model/errors.ts";
import type { LossReason, RunEnding } from "../model/ledger.ts";
import { RingReader } from "../ring/ring-reader.ts";
import { type OpenHooks, type OpenRunFiles, openRunFiles } from "./open-run-files.ts";
import { removeOrphanRing } from "./orphan-ring.ts";
import type { RecorderOptions } from "./recorder-options.ts";
import { RingIntake } from "./ring-intake.ts";
import type { RunFiles } from "./run-files.ts";
import type { RunEnd, RunIndex } from "./run-index.ts";

export type RecorderProgress = {
  readonly streams: readonly { readonly stream: string; readonly produced: number; readonly read: number }[];
  /** Records that are missing in a file; those that are missing in several count once. */
  readonly lost: number;
  readonly readBytes: number;
  readonly behindBytes: number;
  readonly capacityBytes: number;
  readonly checkpoints: number;
  readonly residentBytes: number;
};

export type RecorderResult = {
  readonly index: RunIndex;
  readonly indexPath: string;
  readonly failure?: DaqError;
};

export type RecorderHooks = OpenHooks & {
  /** Writing has failed for good: stop the sources, so that the ring keeps what it holds. */
  readonly onFailing?: (failure: DaqError) => void;
};

/** Time after which the event loop is let go on, while records keep coming; looked at once in so many records. */
const turnMs = 20;
const recordsPerLook = 64;
const waitMs = 100;
/** How long a recorder that gives up waits for the sources to stop: they need a moment, and may be stuck. */
const discardMs = 15_000;
/** How long a recorder that failed waits for the sources to stop before it writes down what was produced. */
const sourcesStopMs = 5_000;

/**
 * Takes a run from its ring into its files. `open` makes or resumes the files, `run` drains until the ring ends.
 * The ring's cursor moves only at checkpoints, so whatever dies, the records since then are still in the ring.
 */
export class Recorder {
  readonly options: RecorderOptions;
  readonly resumed: boolean;
  readonly #reader: RingReader;
  readonly #files: RunFiles;
  readonly #intake: RingIntake;
  readonly #hooks: RecorderHooks;
  readonly #endingBefore: RunEnding | undefined;
  #checkpoints = 0;
  #savedCursor: number;
  #lastCheckpointMs = performance.now();
  #isAborted = false;
  /** How it ended: once the ring was let go of, it has nothing to say. */
  #lastProgress: RecorderProgress | undefined;

  /** Attaches to the ring and opens the files. Throws `DaqError` and leaves nothing open. */
  static async open(options: RecorderOptions, hooks: RecorderHooks = {}): Promise<Recorder> {
    const reader = RingReader.attach(options.ringPath, { name: options.name, durable: true });
    try {
      const recorder = new Recorder(options, reader, await openRunFiles(options, reader, hooks), hooks);
      if (!recorder.resumed) await recorder.#checkpoint();
      return recorder;
    } catch (error) {
      // A place that was held for a run that goes on is kept; a new one is given back.
      if (reader.resumed) reader.close();
      else reader.detach();
      throw error;
    }
  }

  private constructor(
    options: RecorderOptions,
    reader: RingReader,
    { files, resumed, endingBefore }: OpenRunFiles,
    hooks: RecorderHooks,
  ) {
    this.options = options;
    this.resumed = resumed;
    this.#reader = reader;
    this.#files = files;
    this.#hooks = hooks;
    this.#endingBefore = endingBefore;
    this.#savedCursor = reader.cursor;
    this.#intake = new RingIntake(reader, files.run.streams, files.outputs);
  }

  progress(): RecorderProgress {
    if (this.#lastProgress !== undefined) return this.#lastProgress;
    return {
      streams: this.#reader.streamViews.map((view) => ({
        stream: view.schema.name,
        produced: this.#reader.producedOf(view.index),
        read: view.nextSequence,
      })),
      lost: this.#files.lost,
      readBytes: this.#intake.readBytes,
      behindBytes: this.#reader.behindBytes,
      capacityBytes: this.#reader.capacityBytes,
      checkpoints: this.#checkpoints,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** Gives up draining: what is still in the ring counts as lost, and the files are closed. */
  abort(): void {
    this.#isAborted = true;
    this.#files.unthrottle();
  }

  /** Drains the ring until it ends, then finishes the files. Rejects only for faults of the ring itself. */
  async run(): Promise<RecorderResult> {
    try {
      const end = await this.#drain();
      return end === "failed" ? await this.#stopEarly() : await this.#finish(end);
    } catch (error) {
      await this.#files.abandon();
      this.#lastProgress = this.progress();
      this.#reader.close();
      throw error;
    }
  }

  async #drain(): Promise<RunEnd> {
    const reader = this.#reader;
    let turnStart = performance.now();
    for (let number = 1; ; number++) {
      const record = reader.next();
      if (record !== undefined) {
        const copying = this.#intake.take(record);
        if (copying !== undefined) await copying;
        if (number % recordsPerLook !== 0 && copying === undefined) continue;
        if (this.#isCheckpointDue()) await this.#checkpoint();
        else if (performance.now() - turnStart > turnMs) {
          await new Promise(setImmediate);
          turnStart = performance.now();
        }
      } else if (reader.state !== "open") {
        return reader.state === "closed" ? "closed" : "producer-died";
      } else {
        const isAwaited = reader.isProducerWaiting && reader.cursor > this.#savedCursor;
        if (isAwaited || this.#isCheckpointDue()) await this.#checkpoint();
        else await reader.wait(Math.max(1, Math.min(waitMs, this.#checkpointInMs())));
        turnStart = performance.now();
      }
      if (this.#isAborted) {
        await this.#discard();
        return "aborted";
      }
      if (this.#files.failure !== undefined) return "failed";
    }
  }

  /** Lets the ring run to its end, so that everything the sources still produce is in the account of what is lost. */
  async #discard(): Promise<void> {
    const reader = this.#reader;
    const reached = reader.streamViews.map((view) => view.nextSequence);
    const deadline = performance.now() + discardMs;
    while (reader.state === "open" && performance.now() < deadline) {
      while (reader.next() !== undefined);
      reader.store(reader.cursor);
      await reader.wait(waitMs);
    }
    for (const view of reader.streamViews) view.nextSequence = reached[view.index] ?? 0;
  }

  #checkpointInMs(): number {
    return this.options.flushIntervalMs - (performance.now() - this.#lastCheckpointMs);
  }

  /** In time, before a quarter of the ring is held back by it, or before lost ranges fill the memory. */
  #isCheckpointDue(): boolean {
    return (
      this.#reader.cursor - this.#savedCursor > this.#reader.capacityBytes / 4 ||
      this.#checkpointInMs() <= 0 ||
      this.#files.hasManyUnsavedLosses
    );
  }

  /** Everything read so far goes to the files; then the journal says so; then the ring may forget it. */
  async #checkpoint(): Promise<void> {
    this.#lastCheckpointMs = performance.now();
    await this.#files.look();
    const cursor = this.#reader.cursor;
    if (this.#checkpoints > 0 && cursor === this.#savedCursor && !this.#files.hasUnsavedLosses) {
      this.#reader.store(cursor);
      return;
    }
    await this.#intake.settle();
    const nextSequences = this.#reader.streamViews.map((view) => view.nextSequence);
    await this.#files.checkpoint({ cursor, nextSequences, ending: this.#ending });
    if (this.#files.failure !== undefined) return;
    this.#savedCursor = cursor;
    this.#checkpoints++;
    this.#reader.store(cursor);
  }

  /** How the run ended, as read now or before a crash. */
  get #ending(): RunEnding | undefined {
    return this.#intake.ending ?? this.#endingBefore;
  }

  async #finish(end: RunEnd): Promise<RecorderResult> {
    this.#accountForTail(end === "closed" ? "ring-lapped" : "aborted");
    await this.#checkpoint();
    if (this.#files.failure !== undefined) return this.#stopEarly();
    await this.#files.close(this.#ending, this.#intake.grid);
    if (this.#files.failure !== undefined) return this.#stopEarly();
    const { problem } = this.#files;
    const index = await this.#files.writeIndex(end, [...this.#intake.unexpected].map(unexpectedNote));
    this.#lastProgress = this.progress();
    this.#reader.detach();
    removeOrphanRing(this.options.ringPath);
    return this.#result(index, problem);
  }

  /** What the producer counted and nobody could read: overwritten at the very end, given up, or cut off by its death. */
  #accountForTail(reason: LossReason): void {
    for (const view of this.#reader.streamViews) {
      const missing = this.#reader.producedOf(view.index) - view.nextSequence;
      if (missing <= 0) continue;
      if (view.index < this.#files.run.streams.length)
        this.#intake.lose(view.index, view.nextSequence, missing, reason);
      view.nextSequence += missing;
    }
  }

  /** The disk is full, or no file can be written: the ring stays, so that `daq recover` can add the rest once there is room. */
  async #stopEarly(): Promise<RecorderResult> {
    const { failure } = this.#files;
    if (failure !== undefined) this.#hooks.onFailing?.(failure);
    const deadline = performance.now() + sourcesStopMs;
    while (this.#reader.state === "open" && performance.now() < deadline) {
      await this.#reader.wait(waitMs);
      while (this.#reader.next() !== undefined); // Only to come to the end, where the ring's state shows.
    }
    const produced = () =>
      this.#reader.streamViews.map((view) =>
        Math.max(this.#reader.producedOf(view.index), view.nextSequence),
      );
    const index = await this.#files.closeEarly(produced, failure);
    this.#lastProgress = this.progress();
    this.#reader.close();
    await this.#files.unlock();
    return this.#result(index, failure);
  }

  #result(index: RunIndex, failure: DaqError | undefined): RecorderResult {
    return { index, indexPath: this.options.indexPath, ...(failure === undefined ? {} : { failure }) };
  }
}

function unexpectedNote([stream, records]: readonly [string, number]): string {
  return `The stream "${stream}" was declared after the recording began: its ${records} records are in no file.`;
}
