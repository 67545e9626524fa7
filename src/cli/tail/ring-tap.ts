import type { LossReason } from "../../model/ledger.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { RingReader, type RingState } from "../../ring/ring-reader.ts";
import type { RingRecord, StreamView } from "../../ring/ring-record.ts";

/** One stream as a tap has seen it. */
export class TappedStream {
  readonly view: StreamView;
  readonly isWanted: boolean;
  /** Records that this tap has come across. */
  seen = 0;
  /** Records that were overwritten, or skipped, before this tap could look at them; recorders may well have them. */
  missed = 0;
  /** Records that nobody has: the source or the producer lost them. */
  lost = 0;
  /** Where the newest record that was not shown yet lies. */
  newestAt: number | undefined;
  /**
   * True until the first record of a tap that joins in the middle: the count of what was produced before it may be one
   * record behind what was published, which is no loss.
   */
  isJoining = false;

  constructor(view: StreamView, isWanted: boolean) {
    this.view = view;
    this.isWanted = isWanted;
  }

  get schema(): StreamSchema {
    return this.view.schema;
  }
}

export type Hole = {
  readonly stream: TappedStream;
  readonly first: number;
  readonly count: number;
  /** Absent: this tap was overtaken. */
  readonly reason?: LossReason;
  readonly detail?: string;
};

export type TapVisitor = {
  /** Returns false to end the reading after this record. */
  readonly onRecord?: (record: RingRecord, stream: TappedStream) => boolean;
  readonly onHole?: (hole: Hole) => void;
};

/** Records between two looks at the clock. */
const recordsPerLook = 256;

/**
 * Looks into a ring while others work with it. Not durable, and it never sleeps on the ring's wake-up word while
 * records come, so the producer does not notice it.
 */
export class RingTap {
  readonly reader: RingReader;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #streams: TappedStream[] = [];

  static attach(
    path: string,
    options: { readonly fromStart: boolean; readonly streams: readonly string[] },
  ): RingTap {
    const { fromStart, streams } = options;
    const from = fromStart ? "oldest" : "newest";
    const reader = RingReader.attach(path, { name: `tail-${process.pid}`, durable: false, from });
    const tap = new RingTap(reader, streams.length === 0 ? undefined : new Set(streams));
    if (!fromStart) for (const stream of tap.streams) stream.isJoining = true;
    return tap;
  }

  private constructor(reader: RingReader, wanted: ReadonlySet<string> | undefined) {
    this.reader = reader;
    this.#wanted = wanted;
  }

  /** In the order of the ring; a stream that was declared later joins in. */
  get streams(): readonly TappedStream[] {
    const { streamViews } = this.reader;
    for (const view of streamViews.slice(this.#streams.length))
      this.#streams.push(new TappedStream(view, this.#wanted?.has(view.schema.name) ?? true));
    return this.#streams;
  }

  get wantedStreams(): readonly TappedStream[] {
    return this.streams.filter(({ isWanted }) => isWanted);
  }

  /** Goes through what is new for at most so long. Returns true when there is no more at the moment. */
  read(milliseconds: number, { onRecord, onHole }: TapVisitor = {}): boolean {
    const startMs = performance.now();
    for (let number = 1; ; number++) {
      const record = this.reader.next();
      if (record === undefined) return true;
      if (!this.#account(record, onRecord, onHole)) return false;
      if (number % recordsPerLook === 0 && performance.now() - startMs > milliseconds) return false;
    }
  }

  #account(record: RingRecord, onRecord: TapVisitor["onRecord"], onHole: TapVisitor["onHole"]): boolean {
    if (record.kind === "document") return true;
    const stream = this.#streams[record.stream.index] ?? this.streams[record.stream.index]!;
    const { firstSequence, count, lostBefore, lostReason } = record;
    const isOfJoining = stream.isJoining && lostReason !== "ring-lapped";
    stream.isJoining = false;
    if (lostBefore > 0 && !isOfJoining) {
      const isOvertaken = lostReason === "ring-lapped";
      if (isOvertaken) stream.missed += lostBefore;
      else stream.lost += lostBefore;
      if (stream.isWanted)
        onHole?.({
          stream,
          first: firstSequence - lostBefore,
          count: lostBefore,
          ...(isOvertaken ? {} : { reason: lostReason }),
        });
    }
    if (!stream.isWanted) return true;
    if (record.kind === "gap") {
      const { gapReason, gapDetail } = record;
      if (this.reader.isIntact(record)) {
        stream.lost += count;
        onHole?.({ stream, first: firstSequence, count, reason: gapReason, detail: gapDetail });
      } else this.reader.reject(record, 0);
      return true;
    }
    stream.seen += count;
    stream.newestAt = record.position;
    return onRecord?.(record, stream) ?? true;
  }

  /** The record of which `onRecord` could not copy the bytes: it counts as missed once the next one comes. */
  reject(record: RingRecord, stream: TappedStream): void {
    stream.seen -= record.count;
    stream.newestAt = undefined;
    this.reader.reject(record, 0);
  }

  /** Goes back to the newest record of each stream that has one since the last call. */
  visitNewest(visit: (record: RingRecord, stream: TappedStream) => void): void {
    const { reader } = this;
    const cursor = reader.cursor;
    const kept = reader.streamViews.map(({ nextSequence, lapped }) => ({ nextSequence, lapped }));
    const sequences = kept.map(({ nextSequence }) => nextSequence);
    for (const stream of this.wantedStreams) {
      const { newestAt } = stream;
      if (newestAt === undefined) continue;
      stream.newestAt = undefined;
      reader.seek(newestAt, sequences);
      const record = reader.next();
      // Another position: it has been overwritten since, and a newer one will come.
      if (record?.position === newestAt) visit(record, stream);
    }
    reader.seek(cursor, sequences);
    for (const [index, { lapped }] of kept.entries()) reader.streamViews[index]!.lapped = lapped;
  }

  /** Leaves out what was not read yet: it counts as missed. */
  skipToNewest(): void {
    const { reader } = this;
    const sequences = reader.streamViews.map(({ nextSequence }) => nextSequence);
    reader.seek(reader.cursor + reader.behindBytes, sequences);
    for (const view of reader.streamViews) view.lapped = true;
  }

  /** Counts what was overwritten behind the last record that was read: no further record will tell. */
  accountForRest(onHole?: (hole: Hole) => void): void {
    for (const stream of this.wantedStreams) {
      const first = stream.view.nextSequence;
      const count = this.reader.producedOf(stream.view.index) - first;
      if (count <= 0) continue;
      stream.missed += count;
      stream.view.nextSequence = first + count;
      onHole?.({ stream, first, count });
    }
  }

  /** Looks whether the producer is done; call when everything has been read. */
  async state(): Promise<RingState> {
    await this.reader.wait(1);
    return this.reader.state;
  }

  detach(): void {
    this.reader.detach();
  }
}
