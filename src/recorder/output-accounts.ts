import { basename } from "node:path";
import type { OpenSink } from "../bytes/byte-sink.ts";
import type { OutputFile } from "../formats/contract.ts";
import { AccountBook, type LostRange, type StreamAccount } from "../model/ledger.ts";
import type { OutputCheckpoint } from "./journal-lines.ts";
import { LossFile, lossPath } from "./loss-file.ts";

/** Where the files of lost ranges go, and how. */
export type LossPlace = {
  readonly indexPath: string;
  readonly format: string;
  readonly openSink: OpenSink;
  /** Flush them at each checkpoint. */
  readonly durable: boolean;
};

/** What is known of a stream at a checkpoint: every record before `end` is in the account. */
type Saved = { readonly account: StreamAccount; readonly end: number; readonly lossBytes: number };

/** A stream since the last checkpoint. */
type Since = {
  /** The sequence number after the last record that was handed to the writer. */
  handedEnd: number;
  /** In the order in which they were noticed: a gap is seen before the records in front of it are handed over. */
  readonly lost: LostRange[];
};

/** The accounts of one output: a book for each stream, and a file for the lost ranges that are too many for it. */
export class OutputAccounts {
  readonly #place: LossPlace;
  readonly #books = new Map<string, AccountBook>();
  readonly #lossFiles = new Map<string, LossFile>();
  readonly #since = new Map<string, Since>();
  #saved = new Map<string, Saved>();
  #unsavedLosses = 0;

  constructor(streams: readonly string[], place: LossPlace) {
    this.#place = place;
    for (const stream of streams) {
      this.#setLossFile(stream, 0);
      this.#books.set(stream, new AccountBook(stream, this.#lossFileName(stream)));
      this.#since.set(stream, { handedEnd: 0, lost: [] });
    }
  }

  /** Continues from a checkpoint, with the losses of all before it. */
  async resume(last: OutputCheckpoint): Promise<void> {
    for (const stream of this.#books.keys()) {
      const more = last.more?.[stream];
      const account = { stream, stored: last.stored[stream] ?? 0, ranges: last.lost[stream] ?? [] };
      this.#continue({ ...account, ...(more === undefined ? {} : { more }) });
      const book = this.#books.get(stream)!;
      this.#since.set(stream, { handedEnd: book.stored + book.lost, lost: [] });
      this.#setLossFile(stream, more?.bytes ?? 0);
    }
    await this.#settleLossFiles();
    this.save();
  }

  #continue(account: Parameters<typeof AccountBook.from>[0]): void {
    this.#books.set(account.stream, AccountBook.from(account, this.#lossFileName(account.stream)));
  }

  #lossFileName(stream: string): string {
    return basename(this.#lossFiles.get(stream)!.path);
  }

  #setLossFile(stream: string, bytes: number): void {
    const { indexPath, format, openSink } = this.#place;
    this.#lossFiles.set(stream, new LossFile(lossPath(indexPath, stream, format), openSink, bytes));
  }

  async #settleLossFiles(): Promise<void> {
    for (const file of this.#lossFiles.values()) await file.settle();
  }

  has(stream: string): boolean {
    return this.#books.has(stream);
  }

  /** The book of a stream as it is now: after `goBack` it is another one. */
  book(stream: string): AccountBook | undefined {
    return this.#books.get(stream);
  }

  /** From now on the records before `end` are the writer's, or about to be, but for those that are lost. */
  handOver(stream: string, end: number): void {
    this.#since.get(stream)!.handedEnd = end;
  }

  /** Counts a lost range in a book that `book` gave. */
  lose(book: AccountBook, range: LostRange): void {
    if (range.count <= 0) return;
    this.#unsavedLosses++;
    this.#since.get(book.stream)!.lost.push(range);
    book.lose(range);
  }

  /** Losses since the last checkpoint: they are in memory until then. */
  get unsavedLosses(): number {
    return this.#unsavedLosses;
  }

  /** Remembers this moment for `goBack`: everything that was noticed so far is in the account. */
  save(): void {
    for (const [stream, book] of this.#books) {
      this.#saved.set(stream, {
        account: book.account(),
        end: book.stored + book.lost,
        lossBytes: this.#lossFiles.get(stream)!.bytes,
      });
      this.#since.get(stream)!.lost.length = 0;
    }
  }

  /**
   * Back to the last `save`: what was handed over since then is lost, for one reason; what was lost before it could be
   * keeps its own. At once; `cutLossFiles` has to follow.
   */
  goBack(why: Pick<LostRange, "reason" | "atNs" | "detail">): void {
    for (const [stream, { account, end }] of this.#saved) {
      this.#continue(account);
      const book = this.#books.get(stream)!;
      const since = this.#since.get(stream)!;
      let next = end;
      for (const range of since.lost.splice(0).toSorted((a, b) => a.first - b.first)) {
        const until = Math.min(range.first, since.handedEnd);
        this.lose(book, { first: next, count: until - next, ...why });
        this.lose(book, range);
        next = Math.max(next, range.first + range.count);
      }
      this.lose(book, { first: next, count: since.handedEnd - next, ...why });
    }
  }

  async cutLossFiles(): Promise<void> {
    await this.close();
    for (const [stream, { lossBytes }] of this.#saved) this.#setLossFile(stream, lossBytes);
    await this.#settleLossFiles();
  }

  /** Adds what the ledger has no room for to the files of lost ranges. */
  async writeLosses(): Promise<void> {
    for (const [stream, file] of this.#lossFiles)
      await file.write(this.#books.get(stream)!.takeMore(), this.#place.durable);
  }

  /** What the journal has to say of them. */
  checkpoint(): Pick<OutputCheckpoint, "stored" | "lost" | "more"> {
    this.#unsavedLosses = 0;
    for (const since of this.#since.values()) since.lost.length = 0;
    const books = [...this.#books.values()];
    const lost = books.map((book) => [book.stream, book.takeNews()] as const);
    const more = books.flatMap(({ stream, moreRanges }) =>
      moreRanges === undefined
        ? []
        : [[stream, { ...moreRanges, bytes: this.#lossFiles.get(stream)!.bytes }] as const],
    );
    return {
      stored: Object.fromEntries(books.map((book) => [book.stream, book.stored])),
      lost: Object.fromEntries(lost.filter(([, ranges]) => ranges.length > 0)),
      ...(more.length === 0 ? {} : { more: Object.fromEntries(more) }),
    };
  }

  accounts(): StreamAccount[] {
    return [...this.#books.values()].map((book) => book.account());
  }

  get lostRecords(): number {
    return [...this.#books.values()].reduce((sum, book) => sum + book.lost, 0);
  }

  /** The files of lost ranges that there are. */
  get files(): OutputFile[] {
    return [...this.#lossFiles.values()]
      .filter(({ bytes }) => bytes > 0)
      .map(({ path }) => ({ path, streams: [] }));
  }

  /** Lets go of the files as they are. */
  async close(): Promise<void> {
    for (const file of this.#lossFiles.values()) await file.close();
  }
}
