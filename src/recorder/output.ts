import { basename } from "node:path";
import type { OpenSink } from "../bytes/byte-sink.ts";
import type { Format, FormatWriter, OutputFile, WriterState, WriterTarget } from "../formats/contract.ts";
import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import {
  AccountBook,
  type Ledger,
  type LossReason,
  type LostRange,
  type StreamAccount,
} from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import type { OutputCheckpoint } from "./journal.ts";
import type { OutputOptions } from "./recorder-options.ts";
import type { OutputSummary } from "./run-index.ts";

/** One format of a run while it is written: the writer, its accounts, and what became of it. */
export class Output {
  readonly options: OutputOptions;
  readonly #format: Format;
  readonly #target: WriterTarget;
  readonly #books: Map<string, AccountBook>;
  #writer: FormatWriter | undefined;
  #state: WriterState | undefined;
  #failure: DaqError | undefined;
  #lastFailureText: string | undefined;
  /** For each stream, the account at the last checkpoint and the sequence number after it. */
  #saved = new Map<string, { readonly account: StreamAccount; readonly end: number }>();
  readonly #ends = new Map<string, number>();

  constructor(format: Format, options: OutputOptions, run: Run, openSink: OpenSink) {
    const wanted = new Set(options.streams);
    const streams = run.streams.filter((stream) => wanted.has(stream.name));
    this.options = options;
    this.#format = format;
    this.#target = {
      path: options.path,
      run: { info: run.info, streams },
      options: options.options,
      openSink,
    };
    this.#books = new Map(streams.map((stream) => [stream.name, new AccountBook(stream.name)]));
  }

  get files(): readonly OutputFile[] {
    return this.#writer?.files ?? this.#format.plan(this.#target.path, this.#target.run.streams);
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
    return this.#books.has(stream);
  }

  async create(): Promise<void> {
    this.#writer = await this.#format.create(this.#target);
    this.#state = await this.#writer.checkpoint();
    this.#save();
  }

  /** Continues from the last checkpoint in the journal, with the losses of all of them. */
  async resume(last: OutputCheckpoint): Promise<void> {
    for (const name of this.#books.keys())
      this.#books.set(
        name,
        AccountBook.from({ stream: name, stored: last.stored[name] ?? 0, ranges: last.lost[name] ?? [] }),
      );
    this.#lastFailureText = last.failure;
    if (last.state === undefined) return;
    this.#state = last.state;
    this.#writer = await this.#format.resume(this.#target, last.state);
    for (const book of this.#books.values()) this.#ends.set(book.stream, book.stored + book.lost);
    this.#save();
  }

  #save(): void {
    for (const book of this.#books.values())
      this.#saved.set(book.stream, { account: book.account(), end: this.#ends.get(book.stream) ?? 0 });
  }

  /** True when the writer takes batches in memory that may be overwritten meanwhile. */
  get canShare(): boolean {
    return this.#writer?.appendShared !== undefined;
  }

  /** Stores a batch. Never rejects: a failure ends this output, and the batch counts as lost in it. */
  async append(batch: Batch): Promise<void> {
    await this.#store(batch, async (writer) => {
      await writer.append(batch);
      return true;
    });
  }

  /** Stores a batch out of the ring's own memory; when that was overwritten meanwhile, the batch counts as lost. */
  async appendShared(batch: Batch, isIntact: () => boolean): Promise<void> {
    await this.#store(batch, (writer) => writer.appendShared!(batch, isIntact));
  }

  async #store(batch: Batch, write: (writer: FormatWriter) => Promise<boolean>): Promise<void> {
    const book = this.#books.get(batch.stream.name);
    if (book === undefined) return;
    let reason: LossReason = "ring-lapped";
    let detail: string | undefined;
    this.#ends.set(book.stream, Number(batch.sequences[batch.count - 1]) + 1);
    if (this.isWorking) {
      try {
        if (await write(this.#writer!)) {
          book.store(batch.count);
          return;
        }
      } catch (error) {
        this.#fail(error);
      }
    }
    if (!this.isWorking) {
      reason = this.#failure?.code === "disk-full" ? "disk-full" : "writer-failed";
      detail = this.failureText;
    }
    for (const range of rangesOf(batch))
      book.lose({ ...range, reason, atNs: nowText(), ...(detail === undefined ? {} : { detail }) });
  }

  lose(stream: string, range: LostRange): void {
    const book = this.#books.get(stream);
    if (book === undefined) return;
    book.lose(range);
    this.#ends.set(stream, range.first + range.count);
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
        this.#state = await this.#writer!.checkpoint();
        this.#save();
      } catch (error) {
        this.#fail(error);
        await this.#goBack();
      }
    }
    const books = [...this.#books.values()];
    const lost = books
      .map((book) => [book.stream, book.takeNews()] as const)
      .filter(([, ranges]) => ranges.length > 0);
    return {
      ...(this.isWorking && this.#state !== undefined ? { state: this.#state } : {}),
      ...(this.failureText === undefined ? {} : { failure: this.failureText }),
      stored: Object.fromEntries(books.map((book) => [book.stream, book.stored])),
      lost: Object.fromEntries(lost),
    };
  }

  /**
   * After a flush that failed nobody knows what of the data since the last checkpoint is on the disk: the kernel may
   * have dropped it. The files go back to that checkpoint, and what came after it counts as lost.
   */
  async #goBack(): Promise<void> {
    for (const [stream, { account, end }] of this.#saved) {
      const book = AccountBook.from(account);
      const count = (this.#ends.get(stream) ?? end) - end;
      book.lose({
        first: end,
        count,
        reason: "writer-failed",
        atNs: nowText(),
        detail: this.failureText ?? "",
      });
      this.#books.set(stream, book);
    }
    await this.abandon();
    try {
      this.#writer = await this.#format.resume(this.#target, this.#state!);
    } catch {
      this.#writer = undefined; // The file stays as it is; `failure` says why the output ended.
    }
  }

  ledger(complete: boolean): Ledger {
    return { complete, accounts: [...this.#books.values()].map((book) => book.account()) };
  }

  get lostRecords(): number {
    return [...this.#books.values()].reduce((sum, book) => sum + book.lost, 0);
  }

  /** Finishes the files. A writer that failed before still makes them readable, as far as it got. */
  async close(complete: boolean): Promise<void> {
    if (this.#writer === undefined) return;
    try {
      await this.#writer.close(this.ledger(complete && this.#failure === undefined));
    } catch (error) {
      this.#fail(error);
      await this.#writer[Symbol.asyncDispose]();
    }
  }

  /** What the index says of it. `complete`: as far as the ring knows. */
  summary(complete: boolean): OutputSummary {
    const files = this.files.map((file) => ({ ...file, path: basename(file.path) }));
    const failure = this.failureText;
    return {
      format: this.options.format,
      files,
      ledger: this.ledger(complete && failure === undefined),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  /** Lets go of the files as they are. */
  async abandon(): Promise<void> {
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
