/** Why records are not in a file. */
export const lossReasons = ["ring-lapped", "device", "writer-failed", "disk-full", "aborted"] as const;
export type LossReason = (typeof lossReasons)[number];

/** `count` records of one stream, from sequence number `first`, that are not in the file. */
export type LostRange = {
  readonly first: number;
  readonly count: number;
  readonly reason: LossReason;
  /** When the loss was noticed, UTC nanoseconds as decimal digits. */
  readonly atNs: string;
  /** What the source or the writer said about it. */
  readonly detail?: string;
};

/** The account of one stream in one file: `produced = stored + lost`, exactly. */
export type StreamAccount = {
  readonly stream: string;
  readonly produced: number;
  readonly stored: number;
  readonly lost: number;
  readonly ranges: readonly LostRange[];
};

/** The loss ledger of one file or run. `complete`: the run ended and nothing is missing from the account itself. */
export type Ledger = {
  readonly complete: boolean;
  readonly accounts: readonly StreamAccount[];
};

/** Adds up one stream. Sequence numbers are exact up to 2^53 (285 years at a million records a second). */
export class AccountBook {
  readonly stream: string;
  #stored = 0;
  #lost = 0;
  #ranges: LostRange[] = [];
  #news: LostRange[] = [];

  constructor(stream: string) {
    this.stream = stream;
  }

  /** Continues an account that was written down before. */
  static from(account: { stream: string; stored: number; ranges: readonly LostRange[] }): AccountBook {
    const book = new AccountBook(account.stream);
    book.#stored = account.stored;
    for (const range of account.ranges) book.lose(range);
    book.#news = [];
    return book;
  }

  get stored(): number {
    return this.#stored;
  }

  get lost(): number {
    return this.#lost;
  }

  get rangeCount(): number {
    return this.#ranges.length;
  }

  store(count: number): void {
    this.#stored += count;
  }

  lose(range: LostRange): void {
    if (range.count <= 0) return;
    this.#lost += range.count;
    const kept = this.#ranges.length < detailedRanges ? range : withoutDetail(range);
    appendRange(this.#ranges, kept);
    appendRange(this.#news, kept);
  }

  /** The ranges since the last call: what a journal still has to write down. */
  takeNews(): readonly LostRange[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  account(): StreamAccount {
    return {
      stream: this.stream,
      produced: this.#stored + this.#lost,
      stored: this.#stored,
      lost: this.#lost,
      ranges: [...this.#ranges],
    };
  }
}

/** Ranges that keep what was said about them; a source that loses something all the time says the same again. */
const detailedRanges = 1_000;

function withoutDetail({ first, count, reason, atNs }: LostRange): LostRange {
  return { first, count, reason, atNs };
}

function appendRange(ranges: LostRange[], range: LostRange): void {
  const last = ranges.at(-1);
  const continues =
    last !== undefined &&
    last.first + last.count === range.first &&
    last.reason === range.reason &&
    last.detail === range.detail;
  if (continues) ranges[ranges.length - 1] = { ...last, count: last.count + range.count };
  else ranges.push(range);
}

export function isLossless(ledger: Ledger): boolean {
  return ledger.accounts.every((account) => account.lost === 0);
}
