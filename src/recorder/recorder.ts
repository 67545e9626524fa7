import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Ballast } from "../bytes/ballast.ts";
import type { OpenSink } from "../bytes/byte-sink.ts";
import { syncFolder } from "../bytes/sync-folder.ts";
import { DaqError } from "../model/errors.ts";
import type { LossReason, RunEnding } from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import { RingReader } from "../ring/ring-reader.ts";
import { closeAtLastCheckpoint } from "./close-at-checkpoint.ts";
import { missingText } from "./file-watch.ts";
import { Journal } from "./journal.ts";
import type { CheckpointLine, JournalContent, JournalHead } from "./journal-lines.ts";
import { lossPaths } from "./loss-file.ts";
import { makeOutputs } from "./make-outputs.ts";
import { removeOrphanRing } from "./orphan-ring.ts";
import { nowText, type Output } from "./output.ts";
import { makeFolder, plannedFiles, removeFreshFiles, removeMadeFiles } from "./planned-files.ts";
import { ballastPath, type RecorderOptions } from "./recorder-options.ts";
import { RingIntake } from "./ring-intake.ts";
import { type RunEnd, type RunIndex, writeRunIndex } from "./run-index.ts";

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

export type RecorderHooks = {
  /** Replaces how files are opened: tests break it. */
  readonly openSink?: OpenSink;
  /** Writing has failed for good: stop the sources, so that the ring keeps what it holds. */
  readonly onFailing?: (failure: DaqError) => void;
  /** Something that a person should look at while the recording goes on. */
  readonly onWarning?: (message: string) => void;
};

/** Time after which the event loop is let go on, while records keep coming; looked at once in so many records. */
const turnMs = 20;
const recordsPerLook = 64;
const waitMs = 100;
/** Some 10 MB in memory, for each output. */
const mostUnsavedLosses = 50_000;
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
  readonly #reader: RingReader;
  readonly #run: Run;
  readonly #outputs: readonly Output[];
  readonly #intake: RingIntake;
  readonly #journal: Journal;
  readonly #ballast: Ballast;
  readonly #hooks: RecorderHooks;
  readonly resumed: boolean;
  #checkpoints = 0;
  #savedCursor: number;
  #lossesSaved = 0;
  #lastCheckpointMs = performance.now();
  #isAborted = false;
  readonly #unthrottled: AbortController;
  /** How it ended: once the ring was let go of, it has nothing to say. */
  #lastProgress: RecorderProgress | undefined;
  #journalFailure: DaqError | undefined;
  #endingBefore: RunEnding | undefined;

  /** Attaches to the ring and opens the files. Throws `DaqError` and leaves nothing open. */
  static async open(options: RecorderOptions, hooks: RecorderHooks = {}): Promise<Recorder> {
    const reader = RingReader.attach(options.ringPath, { name: options.name, durable: true });
    try {
      const found = await Journal.reopen(options.indexPath);
      return found === undefined
        ? await Recorder.#start(options, reader, hooks)
        : await Recorder.#goOn(options, reader, found, hooks);
    } catch (error) {
      // A place that was held for a run that goes on is kept; a new one is given back.
      if (reader.resumed) reader.close();
      else reader.detach();
      throw error;
    }
  }

  static async #start(options: RecorderOptions, reader: RingReader, hooks: RecorderHooks): Promise<Recorder> {
    const info = reader.run;
    if (info === undefined)
      throw new DaqError("ring", `${options.ringPath} does not describe its run yet.`, {
        hint: "Describe the run before recorders start.",
      });
    const run: Run = { info, streams: reader.streams };
    // Before the journal is made: from then on, files at these paths are this run's.
    const planned = (await plannedFiles(options, run.streams)).map((file) => file.path);
    for (const path of [...planned, ...lossPaths(options)]) {
      if (existsSync(path))
        throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
          hint: "Choose another output_path, or put {version} into it, which counts up.",
        });
    }
    await makeFolder(dirname(options.indexPath));
    const journal = await Journal.create({ journal: 1, ringUid: reader.runUid, options, run });
    const unthrottled = new AbortController();
    const outputs = await makeOutputs(options, run, hooks.openSink, unthrottled.signal);
    const ballast = new Ballast(ballastPath(options.indexPath));
    try {
      for (const output of outputs) await output.create();
      await ballast.fill();
      if (options.durability === "power") await syncFolder(dirname(options.indexPath));
    } catch (error) {
      for (const output of outputs) await output.abandon();
      await ballast.release();
      // They were made just now, behind the journal that makes these paths this run's.
      await removeMadeFiles(options, run);
      await journal.remove();
      throw error;
    }
    const recorder = new Recorder(options, reader, run, outputs, journal, hooks, unthrottled, false);
    await recorder.#checkpoint();
    return recorder;
  }

  /** With the lock of a journal that was there: of this run before a crash, or of another one. */
  static async #goOn(
    options: RecorderOptions,
    reader: RingReader,
    { journal, content }: { readonly journal: Journal; readonly content: JournalContent },
    hooks: RecorderHooks,
  ): Promise<Recorder> {
    try {
      if (content.head.ringUid !== reader.runUid)
        throw new DaqError("path", `${journal.path} belongs to another run.`, {
          hint: "If that run does not go on, run `daq recover` on it; or choose another output_path.",
        });
      if (content.last !== undefined)
        return await Recorder.#resume(options, reader, journal, content.head, content.last, hooks);
      // Killed before the first checkpoint.
      await removeFreshFiles(content);
    } catch (error) {
      await journal.close();
      throw error;
    }
    await journal.remove();
    return Recorder.#start(options, reader, hooks);
  }

  static async #resume(
    options: RecorderOptions,
    reader: RingReader,
    journal: Journal,
    head: JournalHead,
    last: CheckpointLine,
    hooks: RecorderHooks,
  ): Promise<Recorder> {
    const unthrottled = new AbortController();
    // The limit is of who records now: `daq recover` has none.
    const { maxWriteMbPerS: _limit, ...stored } = head.options;
    const limit = options.maxWriteMbPerS === undefined ? {} : { maxWriteMbPerS: options.maxWriteMbPerS };
    const outputs = await makeOutputs({ ...stored, ...limit }, head.run, hooks.openSink, unthrottled.signal);
    try {
      for (const [index, output] of outputs.entries()) await output.resume(last.outputs[index]!);
    } catch (error) {
      for (const output of outputs) await output.abandon();
      throw error;
    }
    reader.seek(last.cursor, last.nextSequences);
    const recorder = new Recorder(options, reader, head.run, outputs, journal, hooks, unthrottled, true);
    recorder.#endingBefore = last.ending;
    return recorder;
  }

  private constructor(
    options: RecorderOptions,
    reader: RingReader,
    run: Run,
    outputs: readonly Output[],
    journal: Journal,
    hooks: RecorderHooks,
    unthrottled: AbortController,
    resumed: boolean,
  ) {
    this.options = options;
    this.#reader = reader;
    this.#run = run;
    this.#outputs = outputs;
    this.#journal = journal;
    this.#ballast = new Ballast(ballastPath(options.indexPath));
    this.#hooks = hooks;
    this.#unthrottled = unthrottled;
    this.resumed = resumed;
    this.#savedCursor = reader.cursor;
    this.#intake = new RingIntake(reader, run.streams, outputs);
  }

  progress(): RecorderProgress {
    if (this.#lastProgress !== undefined) return this.#lastProgress;
    return {
      streams: this.#reader.streamViews.map((view) => ({
        stream: view.schema.name,
        produced: this.#reader.producedOf(view.index),
        read: view.nextSequence,
      })),
      lost: this.#run.streams.reduce((sum, { name }) => sum + this.#mostLost(name), 0),
      readBytes: this.#intake.readBytes,
      behindBytes: this.#reader.behindBytes,
      capacityBytes: this.#reader.capacityBytes,
      checkpoints: this.#checkpoints,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** Of one stream: what is in no file counts once, however many formats would have had it. */
  #mostLost(stream: string): number {
    return Math.max(0, ...this.#outputs.map((output) => output.lostRecordsOf(stream)));
  }

  get #lostRecords(): number {
    return this.#outputs.reduce((sum, output) => sum + output.lostRecords, 0);
  }

  /** Gives up draining: what is still in the ring counts as lost, and the files are closed. */
  abort(): void {
    this.#isAborted = true;
    this.#unthrottled.abort();
  }

  /** Drains the ring until it ends, then finishes the files. Rejects only for faults of the ring itself. */
  async run(): Promise<RecorderResult> {
    try {
      const end = await this.#drain();
      return end === "failed" ? await this.#stopEarly() : await this.#finish(end);
    } catch (error) {
      await this.#release();
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
      if (this.#failure !== undefined) return "failed";
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

  /** Why the recording cannot go on: the disk is full, the journal cannot be written, or no output works any more. */
  get #failure(): DaqError | undefined {
    const failures = this.#outputs.map((output) => output.failure).filter((failure) => failure !== undefined);
    const full = failures.find((failure) => failure.code === "disk-full");
    if (full !== undefined || this.#journalFailure !== undefined) return full ?? this.#journalFailure;
    if (this.#outputs.some((output) => output.isWorking)) return undefined;
    return failures[0] ?? new DaqError("io", "None of the run's files can be written any more.");
  }

  #checkpointInMs(): number {
    return this.options.flushIntervalMs - (performance.now() - this.#lastCheckpointMs);
  }

  /** In time, before a quarter of the ring is held back by it, or before lost ranges fill the memory. */
  #isCheckpointDue(): boolean {
    return (
      this.#reader.cursor - this.#savedCursor > this.#reader.capacityBytes / 4 ||
      this.#checkpointInMs() <= 0 ||
      this.#outputs.some((output) => output.unsavedLosses > mostUnsavedLosses)
    );
  }

  /** Everything read so far goes to the files; then the journal says so; then the ring may forget it. */
  async #checkpoint(): Promise<void> {
    this.#lastCheckpointMs = performance.now();
    await this.#lookForFiles();
    const cursor = this.#reader.cursor;
    if (this.#checkpoints > 0 && cursor === this.#savedCursor && this.#lossesSaved === this.#lostRecords) {
      this.#reader.store(cursor);
      return;
    }
    await this.#intake.settle();
    const outputs = [];
    for (const output of this.#outputs) outputs.push(await output.checkpoint());
    if (this.#failure !== undefined) return;
    const line: CheckpointLine = {
      cursor,
      nextSequences: this.#reader.streamViews.map((view) => view.nextSequence),
      outputs,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
    };
    try {
      await this.#journal.append(line);
    } catch (error) {
      this.#journalFailure = error as DaqError;
      return;
    }
    this.#savedCursor = cursor;
    this.#lossesSaved = this.#lostRecords;
    this.#checkpoints++;
    this.#reader.store(cursor);
  }

  async #lookForFiles(options?: { readonly atOnce: boolean }): Promise<void> {
    for (const output of this.#outputs)
      for (const file of await output.lookForFiles(options))
        this.#hooks.onWarning?.(
          output.findsRemoved
            ? `${file.path} was deleted, renamed or replaced while it was written. The recording goes on into a new folder of that name; what the old one has counts as lost at the end.`
            : file.movedTo === undefined
              ? `${missingText(file)} The recording goes on into a file without a name, which is lost when it ends. Until then \`cp /proc/${process.pid}/fd/…\` can save it: \`ls -l /proc/${process.pid}/fd\` shows which.`
              : `${missingText(file)} The recording goes on there; give it its old name back before the run ends.`,
        );
  }

  /** How the run ended, as read now or before a crash. */
  get #ending(): RunEnding | undefined {
    return this.#intake.ending ?? this.#endingBefore;
  }

  async #finish(end: RunEnd): Promise<RecorderResult> {
    this.#accountForTail(end === "closed" ? "ring-lapped" : "aborted");
    await this.#checkpoint();
    if (this.#failure !== undefined) return this.#stopEarly();
    await this.#ballast.release();
    await this.#lookForFiles({ atOnce: true });
    for (const output of this.#outputs) {
      output.ending = this.#ending;
      output.grid = this.#intake.grid;
      await output.close(true);
    }
    if (this.#failure !== undefined) return this.#stopEarly();
    const result = await this.#writeIndex(end);
    await this.#journal.remove();
    this.#lastProgress = this.progress();
    this.#reader.detach();
    removeOrphanRing(this.options.ringPath);
    return result;
  }

  /** What the producer counted and nobody could read: overwritten at the very end, given up, or cut off by its death. */
  #accountForTail(reason: LossReason): void {
    for (const view of this.#reader.streamViews) {
      const missing = this.#reader.producedOf(view.index) - view.nextSequence;
      if (missing <= 0) continue;
      if (view.index < this.#run.streams.length)
        this.#intake.lose(view.index, view.nextSequence, missing, reason);
      view.nextSequence += missing;
    }
  }

  async #writeIndex(end: RunEnd): Promise<RecorderResult> {
    const failure =
      this.#outputs.find((output) => output.failure !== undefined)?.failure ??
      this.#outputs.find((output) => output.missing !== undefined)?.missing;
    const index: RunIndex = {
      daqRun: 1,
      end,
      endedAtNs: nowText(),
      run: this.#run,
      outputs: this.#outputs.map((output) => output.summary(true)),
      notes: [
        ...(endNotes[end] ?? []),
        ...this.#outputs.flatMap((output) => output.removalNotes),
        ...[...this.#intake.unexpected].map(unexpectedNote),
      ],
    };
    await writeRunIndex(this.options.indexPath, index, this.options.durability === "power");
    return { index, indexPath: this.options.indexPath, ...(failure === undefined ? {} : { failure }) };
  }

  /**
   * The disk is full, or no file can be written. The files go back to the last checkpoint and are closed there, so
   * that they can be read; journal and ring stay, so that `daq recover` can add the rest once there is room.
   */
  async #stopEarly(): Promise<RecorderResult> {
    const failure = this.#failure;
    if (failure !== undefined) this.#hooks.onFailing?.(failure);
    const deadline = performance.now() + sourcesStopMs;
    while (this.#reader.state === "open" && performance.now() < deadline) {
      await this.#reader.wait(waitMs);
      while (this.#reader.next() !== undefined); // Only to come to the end, where the ring's state shows.
    }
    for (const output of this.#outputs) await output.abandon();
    await this.#ballast.release();
    const produced = this.#reader.streamViews.map((view) =>
      Math.max(this.#reader.producedOf(view.index), view.nextSequence),
    );
    const index = await closeAtLastCheckpoint(this.#journal.path, produced, failure);
    this.#lastProgress = this.progress();
    this.#reader.close();
    await this.#journal.close();
    return { index, indexPath: this.options.indexPath, ...(failure === undefined ? {} : { failure }) };
  }

  async #release(): Promise<void> {
    for (const output of this.#outputs) await output.abandon();
    await this.#journal.close();
    this.#lastProgress = this.progress();
    this.#reader.close();
  }
}

const endNotes: Partial<Record<RunEnd, readonly string[]>> = {
  "producer-died": [
    "The acquisition ended without closing the run; all that it had put into the ring is stored.",
  ],
};

function unexpectedNote([stream, records]: readonly [string, number]): string {
  return `The stream "${stream}" was declared after the recording began: its ${records} records are in no file.`;
}
