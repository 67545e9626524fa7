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

/** Lost records by reason. */
export type LostByReason = { readonly [Reason in LossReason]?: number };

/** Ranges that are too many for the ledger itself: they are rows of a file beside the data. */
export type MoreRanges = {
  /** Its name, without folder. */
  readonly file: string;
  /** Its rows. */
  readonly ranges: number;
  /** The records in them. */
  readonly lost: LostByReason;
};

/** The account of one stream in one file: `produced = stored + lost`, exactly. */
export type StreamAccount = {
  readonly stream: string;
  readonly produced: number;
  readonly stored: number;
  readonly lost: number;
  /** The first `mostRanges` of them. */
  readonly ranges: readonly LostRange[];
  /** The rest; absent when there is none. */
  readonly more?: MoreRanges;
};

/** How an experiment ended, as its stop document says: "success", "abort" or "fail", and why. */
export type RunEnding = {
  readonly exitStatus: string;
  readonly reason: string;
  /** What a program said of a run while its files were written, the stop document last. */
  readonly documents?: readonly SaidDocument[];
};

/** A document of a run with its name, as it was given. */
export type SaidDocument = { readonly name: string; readonly doc: { readonly [key: string]: unknown } };

/** The loss ledger of one file or run. `complete`: the run ended and nothing is missing from the account itself. */
export type Ledger = {
  readonly complete: boolean;
  readonly accounts: readonly StreamAccount[];
  /** Absent for a recording without a plan, and for one whose plan did not come to an end. */
  readonly ending?: RunEnding;
};

/** Ranges of a stream that a ledger holds itself. A source that loses something all the time has millions of them. */
export const mostRanges = 1_000;

/** What `AccountBook.from` continues. */
export type BookedAccount = Pick<StreamAccount, "stream" | "stored" | "ranges"> & {
  readonly more?: Pick<MoreRanges, "ranges" | "lost">;
};

/**
 * Adds up one stream. Sequence numbers are exact up to 2^53 (285 years at a million records a second). With a
 * `moreFile` the ranges from number `mostRanges` on are handed out by `takeMore`, to be written there, and only counted
 * here; without one the book keeps them all.
 */
export class AccountBook {
  readonly stream: string;
  readonly #moreFile: string | undefined;
  #stored = 0;
  #lost = 0;
  #ranges: LostRange[] = [];
  #news: LostRange[] = [];
  #more: LostRange[] = [];
  #moreRanges = 0;
  #moreLost: { [Reason in LossReason]?: number } = {};

  constructor(stream: string, moreFile?: string) {
    this.stream = stream;
    this.#moreFile = moreFile;
  }

  /** Continues an account that was written down before. */
  static from(account: BookedAccount, moreFile?: string): AccountBook {
    const book = new AccountBook(account.stream, moreFile);
    book.#stored = account.stored;
    for (const range of account.ranges) book.lose(range);
    book.#news = [];
    if (account.more !== undefined) {
      book.#moreRanges = account.more.ranges;
      book.#moreLost = { ...account.more.lost };
      book.#lost += recordsIn(account.more.lost);
    }
    return book;
  }

  get stored(): number {
    return this.#stored;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Ranges beyond those of the ledger, written down or not. */
  get moreRanges(): { readonly ranges: number; readonly lost: LostByReason } | undefined {
    return this.#moreRanges === 0 ? undefined : { ranges: this.#moreRanges, lost: { ...this.#moreLost } };
  }

  store(count: number): void {
    this.#stored += count;
  }

  /** Of records that were stored, and are not any more: they have to be lost then. */
  takeBack(count: number): void {
    this.#stored -= count;
  }

  lose(range: LostRange): void {
    if (range.count <= 0) return;
    this.#lost += range.count;
    if (this.#moreFile === undefined || this.#fits(range)) {
      appendRange(this.#ranges, range);
      appendRange(this.#news, range);
      return;
    }
    // Details are not kept there: a source that loses something all the time says the same again.
    if (appendRange(this.#more, withoutDetail(range))) this.#moreRanges++;
    this.#moreLost[range.reason] = (this.#moreLost[range.reason] ?? 0) + range.count;
  }

  #fits(range: LostRange): boolean {
    if (this.#moreRanges > 0) return false;
    return this.#ranges.length < mostRanges || continues(this.#ranges.at(-1), range);
  }

  /** The ranges for the ledger itself since the last call: what a journal still has to write down. */
  takeNews(): readonly LostRange[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** The ranges beyond since the last call: what the file of further ranges still lacks. */
  takeMore(): readonly LostRange[] {
    const more = this.#more;
    this.#more = [];
    return more;
  }

  account(): StreamAccount {
    const more = this.moreRanges;
    return {
      stream: this.stream,
      produced: this.#stored + this.#lost,
      stored: this.#stored,
      lost: this.#lost,
      ranges: [...this.#ranges],
      ...(more === undefined ? {} : { more: { file: this.#moreFile!, ...more } }),
    };
  }
}

function withoutDetail({ first, count, reason, atNs }: LostRange): LostRange {
  return { first, count, reason, atNs };
}

function continues(last: LostRange | undefined, range: LostRange): last is LostRange {
  return (
    last !== undefined &&
    last.first + last.count === range.first &&
    last.reason === range.reason &&
    last.detail === range.detail
  );
}

/** Adds a range to others in order, joined with the last one where it continues that. True when it is one more. */
export function appendRange(ranges: LostRange[], range: LostRange): boolean {
  const last = ranges.at(-1);
  if (!continues(last, range)) {
    ranges.push(range);
    return true;
  }
  ranges[ranges.length - 1] = { ...last, count: last.count + range.count };
  return false;
}

function recordsIn(lost: LostByReason): number {
  return Object.values(lost).reduce((sum, count) => sum + count, 0);
}

/** All lost records of a stream by reason, those of the further ranges included. */
export function lostByReason({ ranges, more }: StreamAccount): LostByReason {
  const sums: { [Reason in LossReason]?: number } = { ...more?.lost };
  for (const { reason, count } of ranges) sums[reason] = (sums[reason] ?? 0) + count;
  return sums;
}

export function isLossless(ledger: Ledger): boolean {
  return ledger.accounts.every((account) => account.lost === 0);
}
