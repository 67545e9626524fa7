import { basename } from "node:path";
import type { OpenSink } from "../bytes/byte-sink.ts";
import type { Format, FormatWriter, OutputFile, WriterState, WriterTarget } from "../formats/contract.ts";
import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import type { Grid } from "../model/grid.ts";
import type { Ledger, LossReason, LostRange, RunEnding, StreamAccount } from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { rowsPerBatch } from "./batch-builder.ts";
import { batchParts } from "./batch-parts.ts";
import { FileWatch, type MissingFile, missingText } from "./file-watch.ts";
import type { OutputCheckpoint } from "./journal-lines.ts";
import { OutputAccounts } from "./output-accounts.ts";
import type { OutputOptions } from "./recorder-options.ts";
import type { OutputSummary } from "./run-index.ts";

/** What the outputs of a run share. */
export type OutputPlace = {
  readonly openSink: OpenSink;
  readonly indexPath: string;
  /** For an output that has none of its own. */
  readonly chunkSize: number | undefined;
};

/** Lost ranges in memory before they are written down, where a file is needed for them. */
const rangesAtOnce = 10_000;

/** One format of a run while it is written: the writer, its accounts, and what became of it. */
export class Output {
  readonly options: OutputOptions;
  readonly #format: Format;
  readonly #chunkSize: number | undefined;
  readonly #target: WriterTarget;
  readonly #accounts: OutputAccounts;
  #writer: FormatWriter | undefined;
  #state: WriterState | undefined;
  #failure: DaqError | undefined;
  #lastFailureText: string | undefined;
  #watch: FileWatch | undefined;
  #watched = 0;
  readonly #removed = new Map<string, { readonly count: number; readonly detail: string }>();
  /** The scan that the run was, for formats that show it as arrays of its axes. */
  grid: Grid | undefined;
  /** What the ledger says of how the run ended. */
  ending: RunEnding | undefined;

  constructor(format: Format, options: OutputOptions, run: Run, place: OutputPlace) {
    const wanted = new Set(options.streams);
    const streams = run.streams.filter((stream) => wanted.has(stream.name));
    const { openSink, indexPath } = place;
    this.options = options;
    this.#format = format;
    this.#chunkSize = place.chunkSize;
    this.#target = {
      path: options.path,
      run: { info: run.info, streams },
      options: options.options,
      openSink,
    };
    this.#accounts = new OutputAccounts(
      streams.map(({ name }) => name),
      { indexPath, format: options.format, openSink, durable: options.options.durability === "power" },
    );
  }

  get files(): readonly OutputFile[] {
    const data = this.#writer?.files ?? this.#format.plan(this.#target.path, this.#target.run.streams);
    return [...data, ...this.#accounts.files];
  }

  /** The error that ended this output early; undefined while it works. */
  get failure(): DaqError | undefined {
    return this.#failure;
  }

  get failureText(): string | undefined {
    return this.#failure?.message ?? this.#lastFailureText;
  }

  get isWorking(): boolean {
    return this.#writer !== undefined && this.#failure === undefined;
  }

  has(stream: string): boolean {
    return this.#accounts.has(stream);
  }

  /** Losses since the last checkpoint: they are in memory until then. */
  get unsavedLosses(): number {
    return this.#accounts.unsavedLosses;
  }

  async create(): Promise<void> {
    this.#writer = await this.#format.create(this.#target);
    this.#state = await this.#writer.checkpoint();
    this.#accounts.save();
    await this.#watchFiles();
  }

  /** Continues from the last checkpoint in the journal, with the losses of all of them. */
  async resume(last: OutputCheckpoint): Promise<void> {
    await this.#accounts.resume(last);
    this.#lastFailureText = last.failure;
    if (last.state === undefined) return;
    this.#state = last.state;
    this.#writer = await this.#format.resume(this.#target, last.state);
    await this.#watchFiles();
  }

  async #watchFiles(): Promise<void> {
    const { files, openFiles } = this.#writer!;
    const data = (openFiles ?? files).filter(({ streams }) => streams.length > 0);
    this.#watch = await FileWatch.over(data.map(({ path }) => path));
    this.#watched = files.length;
  }

  /** A part that is finished belongs to whoever wants it. */
  async #watchNewFiles(): Promise<void> {
    if (this.#writer!.files.length !== this.#watched) await this.#watchFiles();
  }

  /** True where it is found at the end what somebody removed, and is made again what is needed for the rest. */
  get findsRemoved(): boolean {
    return this.#writer?.finish !== undefined;
  }

  /** Data files that were deleted or renamed since the last look, each once. */
  async lookForFiles(options: { readonly atOnce?: boolean } = {}): Promise<readonly MissingFile[]> {
    return (await this.#watch?.look(options)) ?? [];
  }

  /** Why a file that was written to its end is not where it should be; undefined when all are. */
  get missing(): DaqError | undefined {
    const [first] = this.#watch?.missing ?? [];
    if (first === undefined || this.findsRemoved) return undefined;
    return new DaqError("path", missingText(first), {
      hint:
        first.movedTo === undefined
          ? "What was recorded into it is lost. Leave the files of a run alone until it has ended."
          : "All records are in it. Give it its old name back, so that the run's index finds it.",
    });
  }

  /** True when the writer takes batches in memory that may be overwritten meanwhile. */
  get canShare(): boolean {
    return this.#writer?.appendShared !== undefined;
  }

  /** Records of a stream that this output takes at once. */
  rowsPerBatch(stream: StreamSchema): number {
    return rowsPerBatch(stream, this.options.options.chunkRows ?? this.#chunkSize);
  }

  /** Stores a batch. Never rejects: a failure ends this output, and the batch counts as lost in it. */
  async append(batch: Batch): Promise<void> {
    for (const part of this.#parts(batch))
      await this.#store(part, async (writer) => {
        await writer.append(part);
        return true;
      });
  }

  /** Stores a batch out of the ring's own memory; when that was overwritten meanwhile, the batch counts as lost. */
  async appendShared(batch: Batch, isIntact: () => boolean): Promise<void> {
    for (const part of this.#parts(batch))
      await this.#store(part, (writer) => writer.appendShared!(part, isIntact));
  }

  /** Batches are as large as the output with the largest chunks wants them; the others take them in parts. */
  #parts(batch: Batch): Iterable<Batch> {
    return batchParts(batch, this.rowsPerBatch(batch.stream));
  }

  async #store(batch: Batch, write: (writer: FormatWriter) => Promise<boolean>): Promise<void> {
    const book = this.#accounts.book(batch.stream.name);
    if (book === undefined) return;
    let reason: LossReason = "ring-lapped";
    let detail: string | undefined;
    this.#accounts.handOver(book.stream, Number(batch.sequences[batch.count - 1]) + 1);
    if (this.isWorking) {
      try {
        if (await write(this.#writer!)) {
          book.store(batch.count);
          return;
        }
      } catch (error) {
        const isFirst = this.#failure === undefined;
        this.#fail(error);
        if (this.#writer?.storesAtCheckpoint) {
          // The batch is among what is taken back, and counts with it.
          if (isFirst) await this.#goBack();
          return;
        }
      }
    }
    if (!this.isWorking) {
      reason = this.#lossReason;
      detail = this.failureText;
    }
    for (const range of rangesOf(batch))
      this.#accounts.lose(book, {
        ...range,
        reason,
        atNs: nowText(),
        ...(detail === undefined ? {} : { detail }),
      });
  }

  lose(stream: string, range: LostRange): void {
    const book = this.#accounts.book(stream);
    if (book === undefined) return;
    this.#accounts.lose(book, range);
  }

  get #lossReason(): LossReason {
    return this.#failure?.code === "disk-full" ? "disk-full" : "writer-failed";
  }

  #fail(error: unknown): void {
    this.#failure ??=
      error instanceof DaqError
        ? error
        : new DaqError("io", `Writing ${this.options.path} failed: ${(error as Error).message}`, {
            cause: error,
          });
  }

  /** A line for the journal. Never rejects: a writer that cannot make a checkpoint has failed. */
  async checkpoint(): Promise<OutputCheckpoint> {
    if (this.isWorking) {
      try {
        this.#state = await this.#writer!.checkpoint(() => this.ledger(true));
        await this.#watchNewFiles();
        await this.#accounts.writeLosses();
        this.#accounts.save();
      } catch (error) {
        this.#fail(error);
        await this.#goBack();
      }
    }
    if (!this.isWorking) await this.#tryWriteLosses();
    return {
      ...(this.isWorking && this.#state !== undefined ? { state: this.#state } : {}),
      ...(this.failureText === undefined ? {} : { failure: this.failureText }),
      ...this.#accounts.checkpoint(),
    };
  }

  /** For an output that has failed, or ends: its counts stay exact also where the rows cannot be written. */
  async #tryWriteLosses(): Promise<void> {
    try {
      await this.#accounts.writeLosses();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * After a flush that failed nobody knows what of the data since the last checkpoint is on the disk: the kernel may
   * have dropped it. The files go back to that checkpoint, and what came after it counts as lost.
   */
  async #goBack(): Promise<void> {
    this.#accounts.goBack({ reason: this.#lossReason, atNs: nowText(), detail: this.failureText ?? "" });
    await this.#writer?.[Symbol.asyncDispose]();
    try {
      await this.#accounts.cutLossFiles();
      this.#writer = await this.#format.resume(this.#target, this.#state!);
    } catch {
      this.#writer = undefined; // The file stays as it is; `failure` says why the output ended.
    }
  }

  ledger(complete: boolean): Ledger {
    const ending = this.ending === undefined ? {} : { ending: this.ending };
    return { complete, accounts: this.#accounts.accounts(), ...ending };
  }

  get lostRecords(): number {
    return this.#accounts.lostRecords;
  }

  lostRecordsOf(stream: string): number {
    return this.#accounts.book(stream)?.lost ?? 0;
  }

  /** Finishes the files. A writer that failed before still makes them readable, as far as it got. */
  async close(complete: boolean): Promise<void> {
    try {
      await this.#accountForRemoved();
    } catch (error) {
      this.#fail(error);
      await this.abandon();
      return;
    }
    await this.#tryWriteLosses();
    await this.#accounts.close();
    if (this.#writer === undefined) return;
    try {
      if (this.grid !== undefined) this.#writer.addGrid?.(this.grid);
      await this.#writer.close(this.ledger(complete && this.#failure === undefined));
    } catch (error) {
      this.#fail(error);
      await this.#writer[Symbol.asyncDispose]();
    }
  }

  /** What somebody removed from the output while it was written is not stored, whatever the writer said. */
  async #accountForRemoved(): Promise<void> {
    let ranges = 0;
    for await (const { stream, ...range } of this.#writer?.finish?.(this.#accounts.accounts()) ?? []) {
      const book = this.#accounts.book(stream)!;
      book.takeBack(range.count);
      book.lose({ ...range, reason: "writer-failed", atNs: nowText() });
      const before = this.#removed.get(stream);
      this.#removed.set(stream, { count: (before?.count ?? 0) + range.count, detail: range.detail });
      if (++ranges % rangesAtOnce === 0) await this.#accounts.writeLosses();
    }
  }

  /** A sentence for each stream of which somebody removed something. */
  get removalNotes(): readonly string[] {
    return [...this.#removed].map(
      ([stream, { count, detail }]) =>
        `${this.options.path}: ${count} records of ${stream} are lost, though they were stored: ${detail}.`,
    );
  }

  /** What the index says of it. `complete`: as far as the ring knows. */
  summary(complete: boolean): OutputSummary {
    const files = this.files.map((file) => ({ ...file, path: basename(file.path) }));
    const failure = this.failureText ?? this.missing?.message;
    const { accounts, ...ledger } = this.ledger(complete && this.failureText === undefined);
    return {
      format: this.options.format,
      files,
      ledger: { ...ledger, accounts: accounts.map((account) => this.#withoutMissing(account)) },
      ...(failure === undefined ? {} : { failure }),
    };
  }

  /** The records of a file that is gone are in no file. */
  #withoutMissing(account: StreamAccount): StreamAccount {
    const gone = (this.#watch?.missing ?? []).find(
      ({ path, movedTo }) =>
        movedTo === undefined &&
        this.files.some((file) => file.path === path && file.streams.includes(account.stream)),
    );
    const { stream, produced } = account;
    if (gone === undefined || produced === 0 || this.findsRemoved) return account;
    const { end, stored } = this.#writer?.finished?.[stream] ?? { end: 0, stored: 0 };
    const range: LostRange = {
      first: end,
      count: produced - end,
      reason: "writer-failed",
      atNs: nowText(),
      detail: missingText(gone),
    };
    const before = account.ranges
      .filter(({ first }) => first < end)
      .map((lost) => ({ ...lost, count: Math.min(lost.count, end - lost.first) }));
    return { stream, produced, stored, lost: produced - stored, ranges: [...before, range] };
  }

  /** Lets go of the files as they are. */
  async abandon(): Promise<void> {
    await this.#accounts.close();
    await this.#writer?.[Symbol.asyncDispose]();
    this.#writer = undefined;
  }
}

export function nowText(): string {
  return `${BigInt(Date.now()) * 1_000_000n}`;
}

/** The runs of consecutive sequence numbers in a batch. */
function rangesOf({ sequences, count }: Batch): { first: number; count: number }[] {
  const ranges: { first: number; count: number }[] = [];
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && sequences[to] === sequences[to - 1]! + 1n) to++;
    ranges.push({ first: Number(sequences[from]), count: to - from });
    from = to;
  }
  return ranges;
}
