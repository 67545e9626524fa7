import type { Grid } from "../model/grid.ts";
import type { LossReason, RunEnding } from "../model/ledger.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import type { RingReader } from "../ring/ring-reader.ts";
import type { RingRecord } from "../ring/ring-record.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { nowText, type Output } from "./output.ts";
import { type RunWords, runWordsIn } from "./run-words.ts";
import { StreamFeed } from "./stream-feed.ts";

/**
 * What becomes of the records that are read from the ring: they go into their stream's batches, and what was lost
 * before they could be read goes into the accounts. Bytes of the ring are used first and trusted afterwards: only when
 * the record is still intact do they count.
 */
export class RingIntake {
  readonly #reader: RingReader;
  readonly #outputs: readonly Output[];
  readonly #feeds: readonly StreamFeed[];
  readonly #unexpected = new Map<string, number>();
  #readBytes = 0;
  #words: RunWords = {};

  constructor(reader: RingReader, streams: readonly StreamSchema[], outputs: readonly Output[]) {
    this.#reader = reader;
    this.#outputs = outputs;
    this.#feeds = streams.map((stream) => {
      const takers = outputs.filter((output) => output.has(stream.name));
      const rows = Math.max(1, ...takers.map((output) => output.rowsPerBatch(stream)));
      return new StreamFeed([new BatchBuilder(stream, rows), new BatchBuilder(stream, rows)], takers);
    });
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  /** How the run ended, once that has been read. */
  get ending(): RunEnding | undefined {
    return this.#words.ending;
  }

  /** The scan that the run was, once that has been read. */
  get grid(): Grid | undefined {
    return this.#words.grid;
  }

  /** Records of streams that were declared after the recording began: no file has a place for them. */
  get unexpected(): ReadonlyMap<string, number> {
    return this.#unexpected;
  }

  /** Takes the record that `next` just gave; resolves when it may be moved on. */
  take(record: RingRecord): void | Promise<void> {
    this.#readBytes += record.bytes;
    if (record.kind === "document") {
      const text = new TextDecoder().decode(record.payload.slice());
      if (this.#reader.isIntact(record)) this.#words = { ...this.#words, ...runWordsIn(text) };
      return;
    }
    const { stream, lostBefore, firstSequence } = record;
    const feed = this.#feeds[stream.index];
    if (feed === undefined) {
      const count = (this.#unexpected.get(stream.schema.name) ?? 0) + lostBefore + record.count;
      this.#unexpected.set(stream.schema.name, count);
      return;
    }
    if (lostBefore > 0) this.lose(stream.index, firstSequence - lostBefore, lostBefore, record.lostReason);
    if (record.kind === "data") return this.#copy(record, feed, 0);
    const { count, gapReason, gapDetail } = record;
    if (this.#reader.isIntact(record)) this.lose(stream.index, firstSequence, count, gapReason, gapDetail);
    else this.#reader.reject(record, 0);
  }

  /** Copies a record into its stream's batch, and over several batches where it is larger than one. */
  #copy(record: RingRecord, feed: StreamFeed, from: number): void | Promise<void> {
    if (feed.canShare && feed.builder.canShare(record, from)) return this.#share(record, feed, from);
    const taken = feed.builder.add(record, from);
    if (!this.#reader.isIntact(record)) {
      feed.builder.drop(taken);
      this.#reader.reject(record, from);
      return;
    }
    const next = from + taken;
    if (!feed.builder.isFull) return;
    return feed.flush().then(() => (next < record.count ? this.#copy(record, feed, next) : undefined));
  }

  /** Writes a batch straight out of the ring; what was overwritten meanwhile is not stored, and counts as lost. */
  async #share(record: RingRecord, feed: StreamFeed, from: number): Promise<void> {
    const batch = feed.builder.shared(record, from);
    await feed.appendShared(batch, () => this.#reader.isIntact(record));
    const next = from + batch.count;
    if (next < record.count) await this.#copy(record, feed, next);
  }

  /** Puts a lost range into the account of every output that takes the stream. */
  lose(streamIndex: number, first: number, count: number, reason: LossReason, detail?: string): void {
    const stream = this.#reader.streamViews[streamIndex]!.schema.name;
    const range = {
      first,
      count,
      reason,
      atNs: nowText(),
      ...(detail === undefined || detail === "" ? {} : { detail }),
    };
    for (const output of this.#outputs) output.lose(stream, range);
  }

  /** Resolves when everything taken so far is the outputs'. */
  async settle(): Promise<void> {
    for (const feed of this.#feeds) await feed.settle();
  }
}
