import assert from "node:assert/strict";
import type { RecordsToWrite } from "../../src/model/frame-sink.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import type { RingRecord } from "../../src/ring/ring-record.ts";

/**
 * Streams whose every byte follows from the sequence number: who reads a record can tell that all of it is that
 * record's, and nobody else's. Odd column sizes, so that every payload length occurs.
 */
export function countedSchema(name: string): StreamSchema {
  return {
    name,
    kind: "table",
    columns: [
      { name: "level", dtype: "uint8", shape: [], dims: [] },
      { name: "value", dtype: "uint32", shape: [], dims: [] },
      { name: "mark", dtype: "uint8", shape: [], dims: [], nullable: true },
    ],
    source: "test",
    clock: "system",
    rateHz: 1000,
  };
}

function sampleAt(name: string, sequence: number): number {
  return Math.imul(sequence + 1, 2654435761) ^ Math.imul(name.charCodeAt(name.length - 1), 40503);
}

type Columns = { readonly level: Uint8Array; readonly value: Uint8Array; readonly mark: Uint8Array };

/** Fills the columns as the stream's records `first`, `first + 1`, … have them. */
function fill(name: string, first: number, count: number, { level, value, mark }: Columns): void {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  for (let index = 0; index < count; index++) {
    const number = sampleAt(name, first + index);
    level[index] = number >>> 24;
    view.setInt32(4 * index, number, true);
    mark[index] = number >>> 13;
  }
}

export function countedColumns(name: string, first: number, count: number): Uint8Array[] {
  const level = new Uint8Array(count);
  const value = new Uint8Array(4 * count);
  const mark = new Uint8Array(count);
  fill(name, first, count, { level, value, mark });
  return [level, value, mark];
}

export function countedRecords(name: string, first: number, count: number): RecordsToWrite {
  const validity = Uint8Array.from(
    { length: count },
    (_, index) => (sampleAt(name, first + index) >>> 5) & 1,
  );
  return {
    count,
    timestampNs: BigInt(first) * 1_000_000n,
    columns: countedColumns(name, first, count),
    validity: [undefined, undefined, validity],
  };
}

/** Fills a reservation's own memory. */
export function fillReserved(
  name: string,
  first: number,
  count: number,
  columns: readonly Uint8Array[],
): void {
  fill(name, first, count, { level: columns[0]!, value: columns[1]!, mark: columns[2]! });
}

/** True when every byte of the record is what its stream and sequence numbers say; masks of reservations are all 1. */
export function isCounted(record: RingRecord): boolean {
  const { stream, firstSequence, count, payload, layout } = record;
  const { columns, validity } = countedRecords(stream.schema.name, firstSequence, count);
  const isSame = (offset: number, expected: Uint8Array): boolean =>
    Buffer.compare(payload.subarray(offset, offset + expected.byteLength), expected) === 0;
  const [, , mark] = layout.columns;
  return (
    layout.columns.every(
      ({ offset, bytes }, index) => bytes === columns[index]!.byteLength && isSame(offset, columns[index]!),
    ) &&
    (isSame(mark!.validityOffset!, validity![2]!) ||
      isSame(mark!.validityOffset!, new Uint8Array(count).fill(1))) &&
    record.firstTimestampNs === BigInt(firstSequence) * 1_000_000n
  );
}

/** What a reader got of one stream: every sequence number once, either read or lost. */
export class Tally {
  read = 0;
  lost = 0;
  readonly lostRanges: { readonly first: number; readonly count: number; readonly reason: string }[] = [];
  #next = 0;

  /** Takes note of a record; throws when the numbers before it do not join up. */
  take(record: RingRecord): void {
    const { firstSequence, lostBefore, count, kind } = record;
    assert.equal(this.#next + lostBefore, firstSequence, "the loss reported is exactly what is missing");
    if (lostBefore > 0) this.#lose(this.#next, lostBefore, record.lostReason);
    this.#next = firstSequence + count;
    if (kind === "gap") this.#lose(firstSequence, count, record.gapReason);
    else this.read += count;
  }

  /** The record turned out to be overwritten: it will be reported as lost. */
  untake(record: RingRecord): void {
    this.read -= record.count;
    this.#next = record.firstSequence;
  }

  /** At the end: what was produced and never reached. */
  finish(produced: number): void {
    assert.ok(produced >= this.#next);
    if (produced > this.#next) this.#lose(this.#next, produced - this.#next, "at the end");
    this.#next = produced;
    assert.equal(this.read + this.lost, produced);
  }

  #lose(first: number, count: number, reason: string): void {
    this.lost += count;
    this.lostRanges.push({ first, count, reason });
  }
}
