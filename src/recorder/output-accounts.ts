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

/** What is known of a stream at a checkpoint. */
type Saved = { readonly account: StreamAccount; readonly end: number; readonly lossBytes: number };

/** The accounts of one output: a book for each stream, and a file for the lost ranges that are too many for it. */
export class OutputAccounts {
  readonly #place: LossPlace;
  readonly #books = new Map<string, AccountBook>();
  readonly #lossFiles = new Map<string, LossFile>();
  /** For each stream the sequence number after the last record that is in its account. */
  readonly #ends = new Map<string, number>();
  #saved = new Map<string, Saved>();
  #unsavedLosses = 0;

  constructor(streams: readonly string[], place: LossPlace) {
    this.#place = place;
    for (const stream of streams) {
      this.#setLossFile(stream, 0);
      this.#books.set(stream, new AccountBook(stream, this.#lossFileName(stream)));
    }
  }

  /** Continues from a checkpoint, with the losses of all before it. */
  async resume(last: OutputCheckpoint): Promise<void> {
    for (const stream of this.#books.keys()) {
      const more = last.more?.[stream];
      const account = { stream, stored: last.stored[stream] ?? 0, ranges: last.lost[stream] ?? [] };
      this.#continue({ ...account, ...(more === undefined ? {} : { more }) });
      const book = this.#books.get(stream)!;
      this.#ends.set(stream, book.stored + book.lost);
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

  /** From here on records before `end` are in the account, or about to be. */
  reach(stream: string, end: number): void {
    this.#ends.set(stream, end);
  }

  /** Counts a lost range in a book that `book` gave. */
  lose(book: AccountBook, range: LostRange): void {
    this.#unsavedLosses++;
    book.lose(range);
  }

  /** Losses since the last checkpoint: they are in memory until then. */
  get unsavedLosses(): number {
    return this.#unsavedLosses;
  }

  /** Remembers this moment for `goBack`. */
  save(): void {
    for (const [stream, book] of this.#books)
      this.#saved.set(stream, {
        account: book.account(),
        end: this.#ends.get(stream) ?? 0,
        lossBytes: this.#lossFiles.get(stream)!.bytes,
      });
  }

  /** Back to the last `save`: all records since then are lost, for one reason. At once; `cutLossFiles` has to follow. */
  goBack(why: Pick<LostRange, "reason" | "atNs" | "detail">): void {
    for (const [stream, { account, end }] of this.#saved) {
      this.#continue(account);
      const count = (this.#ends.get(stream) ?? end) - end;
      this.lose(this.#books.get(stream)!, { first: end, count, ...why });
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
