import type { LossReason } from "./ledger.ts";
import type { StreamSchema } from "./stream-schema.ts";

/** Records to copy into a stream. Buffers are borrowed for the call only. */
export type RecordsToWrite = {
  readonly count: number;
  /** UTC nanoseconds of the first record. */
  readonly timestampNs: bigint;
  /** One for each record; without it they are spaced by the stream's `rateHz` (needed when `count` > 1). */
  readonly timestampsNs?: BigInt64Array;
  /** In the order of the schema's columns: `count × columnItemBytes` bytes each. */
  readonly columns: readonly Uint8Array[];
  /** For nullable columns, at the column's index: one byte a record, 1 valid, 0 missing. Absent: all valid. */
  readonly validity?: readonly (Uint8Array | undefined)[];
};

/** Space in the ring that a driver fills in place. */
export interface Reservation {
  /** Writable views, in the order of the schema's columns; theirs is the ring's memory, until `commit` or `abandon`. */
  readonly columns: readonly Uint8Array[];
  /** Makes the records visible to every reader. */
  commit(timestampNs: bigint): void;
  /** Gives the space back; the records count as lost for `reason` (a frame that broke off is `device`). */
  abandon(reason: LossReason, detail: string): void;
}

/**
 * Where a source puts the records of one stream. Calls return at once unless the overflow mode is `block` and the
 * ring is full: then they return a promise, which rejects with `DaqError("ring-full")` after the time-out.
 */
export interface StreamSink {
  readonly schema: StreamSchema;
  write(records: RecordsToWrite): void | Promise<void>;
  reserve(count: number): Reservation | Promise<Reservation>;
  /** Says that the source itself lost `count` records here (a frame counter that jumped). */
  lose(count: number, reason: LossReason, detail: string): void | Promise<void>;
}

export interface FrameSink {
  /** Declares a stream. Throws `DaqError("ring")` when the name is taken. */
  openStream(schema: StreamSchema): StreamSink;
}
