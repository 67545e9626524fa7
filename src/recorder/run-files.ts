import { dirname } from "node:path";
import { Ballast } from "../bytes/ballast.ts";
import { syncFolder } from "../bytes/sync-folder.ts";
import { DaqError } from "../model/errors.ts";
import type { Grid } from "../model/grid.ts";
import type { RunEnding } from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import { closeAtLastCheckpoint } from "./close-at-checkpoint.ts";
import { missingText } from "./file-watch.ts";
import type { Journal } from "./journal.ts";
import type { CheckpointLine } from "./journal-lines.ts";
import { nowText, type Output } from "./output.ts";
import { removeMadeFiles } from "./planned-files.ts";
import { ballastPath, type RecorderOptions } from "./recorder-options.ts";
import { type RunEnd, type RunIndex, writeRunIndex } from "./run-index.ts";

export type RunFilesParts = {
  readonly options: RecorderOptions;
  readonly run: Run;
  readonly outputs: readonly Output[];
  readonly journal: Journal;
  /** Lifts the limit of what the outputs write in a second. */
  readonly unthrottled: AbortController;
  /** Something that a person should look at while the recording goes on. */
  readonly onWarning?: ((message: string) => void) | undefined;
};

/** What the journal says at a checkpoint beside what the outputs say. */
export type Reached = Pick<CheckpointLine, "cursor" | "nextSequences"> & {
  readonly ending: RunEnding | undefined;
};

/** Some 10 MB in memory, for each output. */
const mostUnsavedLosses = 50_000;

/** All that a run leaves on disk while it is recorded, and how it ends there: its outputs, journal, ballast and index. */
export class RunFiles {
  readonly run: Run;
  readonly outputs: readonly Output[];
  readonly #options: RecorderOptions;
  readonly #journal: Journal;
  readonly #ballast: Ballast;
  readonly #unthrottled: AbortController;
  readonly #onWarning: ((message: string) => void) | undefined;
  #lossesSaved = 0;
  #journalFailure: DaqError | undefined;

  constructor({ options, run, outputs, journal, unthrottled, onWarning }: RunFilesParts) {
    this.run = run;
    this.outputs = outputs;
    this.#options = options;
    this.#journal = journal;
    this.#ballast = new Ballast(ballastPath(options.indexPath));
    this.#unthrottled = unthrottled;
    this.#onWarning = onWarning;
  }

  /** Makes the files of a new run. When it throws, nothing is left of them, nor of the journal. */
  async create(): Promise<void> {
    try {
      for (const output of this.outputs) await output.create();
      await this.#ballast.fill();
      if (this.#options.durability === "power") await syncFolder(dirname(this.#options.indexPath));
    } catch (error) {
      await this.#abandonOutputs();
      await this.#ballast.release();
      // They were made just now, behind the journal that makes these paths this run's.
      await removeMadeFiles(this.#options, this.run);
      await this.#journal.remove();
      throw error;
    }
  }

  /** Opens the files where the journal's last line left them. When it throws, the journal stays the caller's. */
  async resume(last: CheckpointLine): Promise<void> {
    try {
      for (const [index, output] of this.outputs.entries()) await output.resume(last.outputs[index]!);
    } catch (error) {
      await this.#abandonOutputs();
      throw error;
    }
  }

  /** Why the recording cannot go on: the disk is full, the journal cannot be written, or no output works any more. */
  get failure(): DaqError | undefined {
    const failures = this.outputs.map((output) => output.failure).filter((failure) => failure !== undefined);
    const full = failures.find((failure) => failure.code === "disk-full");
    if (full !== undefined || this.#journalFailure !== undefined) return full ?? this.#journalFailure;
    if (this.outputs.some((output) => output.isWorking)) return undefined;
    return failures[0] ?? new DaqError("io", "None of the run's files can be written any more.");
  }

  /** What went wrong, also where the others could go on without that file. */
  get problem(): DaqError | undefined {
    return (
      this.outputs.find((output) => output.failure !== undefined)?.failure ??
      this.outputs.find((output) => output.missing !== undefined)?.missing
    );
  }

  /** Records that are missing in a file; of one stream, what is in no file counts once, however many formats would have had it. */
  get lost(): number {
    const mostLost = (stream: string) =>
      Math.max(0, ...this.outputs.map((output) => output.lostRecordsOf(stream)));
    return this.run.streams.reduce((sum, { name }) => sum + mostLost(name), 0);
  }

  get hasUnsavedLosses(): boolean {
    return this.#lossesSaved !== this.#lostRecords;
  }

  get hasManyUnsavedLosses(): boolean {
    return this.outputs.some((output) => output.unsavedLosses > mostUnsavedLosses);
  }

  get #lostRecords(): number {
    return this.outputs.reduce((sum, output) => sum + output.lostRecords, 0);
  }

  unthrottle(): void {
    this.#unthrottled.abort();
  }

  /** Everything the outputs have goes to the files; then the journal says so. What went wrong is in `failure`. */
  async checkpoint({ cursor, nextSequences, ending }: Reached): Promise<void> {
    const outputs = [];
    for (const output of this.outputs) outputs.push(await output.checkpoint());
    if (this.failure !== undefined) return;
    try {
      await this.#journal.append({
        cursor,
        nextSequences,
        outputs,
        ...(ending === undefined ? {} : { ending }),
      });
    } catch (error) {
      this.#journalFailure = error as DaqError;
      return;
    }
    this.#lossesSaved = this.#lostRecords;
  }

  /** Looks whether somebody took a file away, and warns. */
  async look(options?: { readonly atOnce: boolean }): Promise<void> {
    for (const output of this.outputs)
      for (const file of await output.lookForFiles(options))
        this.#onWarning?.(
          output.findsRemoved
            ? `${file.path} was deleted, renamed or replaced while it was written. The recording goes on into a new folder of that name; what the old one has counts as lost at the end.`
            : file.movedTo === undefined
              ? `${missingText(file)} The recording goes on into a file without a name, which is lost when it ends. Until then \`cp /proc/${process.pid}/fd/…\` can save it: \`ls -l /proc/${process.pid}/fd\` shows which.`
              : `${missingText(file)} The recording goes on there; give it its old name back before the run ends.`,
        );
  }

  /** Completes the files. What went wrong is in `failure`; otherwise `writeIndex` follows. */
  async close(ending: RunEnding | undefined, grid: Grid | undefined): Promise<void> {
    await this.#ballast.release();
    await this.look({ atOnce: true });
    for (const output of this.outputs) {
      output.ending = ending;
      output.grid = grid;
      await output.close(true);
    }
  }

  /** The index says what the files hold; then no journal is needed any more. */
  async writeIndex(end: RunEnd, notes: readonly string[]): Promise<RunIndex> {
    const index: RunIndex = {
      daqRun: 1,
      end,
      endedAtNs: nowText(),
      run: this.run,
      outputs: this.outputs.map((output) => output.summary(true)),
      ...(this.#options.beside === undefined ? {} : { beside: this.#options.beside }),
      notes: [...(endNotes[end] ?? []), ...this.outputs.flatMap((output) => output.removalNotes), ...notes],
    };
    await writeRunIndex(this.#options.indexPath, index, this.#options.durability === "power");
    await this.#journal.remove();
    return index;
  }

  /**
   * The files go back to the last checkpoint and are closed there, so that they can be read; the journal stays, so that
   * `daq recover` can add the rest. `produced`: what the sources made, for each stream, asked once writing is over.
   */
  async closeEarly(produced: () => readonly number[], failure: DaqError | undefined): Promise<RunIndex> {
    await this.#abandonOutputs();
    await this.#ballast.release();
    return closeAtLastCheckpoint(this.#journal.path, produced(), failure);
  }

  /** Lets the files be as they are. */
  async abandon(): Promise<void> {
    await this.#abandonOutputs();
    await this.#journal.close();
  }

  /** Another recorder may take the run up from here. */
  async unlock(): Promise<void> {
    await this.#journal.close();
  }

  async #abandonOutputs(): Promise<void> {
    for (const output of this.outputs) await output.abandon();
  }
}

const endNotes: Partial<Record<RunEnd, readonly string[]>> = {
  "producer-died": [
    "The acquisition ended without closing the run; all that it had put into the ring is stored.",
  ],
};
