import type { Batch, ColumnValues } from "../model/batch.ts";
import { isNumberDType } from "../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";
import type { RingRecord } from "../ring/ring-record.ts";

/** Wanted size of a batch when the configuration names no chunk size: large enough for the disk, small in memory. */
const targetBatchBytes = 4 * 2 ** 20;
const maxRows = 65_536;
const indexBytes = 16;
const firstRows = 256;
const high = 2 ** 32;

/** Records per batch of a stream: as configured, else about 4 MiB, at least one record. */
export function rowsPerBatch(stream: StreamSchema, chunkSize: number | undefined): number {
  if (chunkSize !== undefined) return chunkSize;
  const rowBytes = stream.columns.reduce((sum, column) => sum + columnItemBytes(column), indexBytes);
  return Math.max(1, Math.min(maxRows, Math.floor(targetBatchBytes / rowBytes)));
}

type ColumnBuffer = { bytes: Uint8Array; validity: Uint8Array | undefined; readonly itemBytes: number };

/** Collects records of one stream, column by column, in buffers that are used again for the next batch. */
export class BatchBuilder {
  readonly stream: StreamSchema;
  readonly #rows: number;
  readonly #isOfNumbers: boolean;
  readonly #columns: ColumnBuffer[];
  #capacity: number;
  #timestamps: BigInt64Array;
  #timestampWords: Uint32Array;
  #sequences: BigInt64Array;
  #sequenceWords: Uint32Array;
  #count = 0;

  constructor(stream: StreamSchema, rows: number) {
    this.stream = stream;
    this.#rows = rows;
    this.#isOfNumbers = stream.columns.every(({ dtype }) => isNumberDType(dtype));
    this.#capacity = Math.min(rows, firstRows);
    this.#columns = stream.columns.map((column) => newBuffer(column, this.#capacity));
    this.#timestamps = new BigInt64Array(this.#capacity);
    this.#timestampWords = new Uint32Array(this.#timestamps.buffer);
    this.#sequences = new BigInt64Array(this.#capacity);
    this.#sequenceWords = new Uint32Array(this.#sequences.buffer);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#rows;
  }

  /** Copies records from number `from` of a ring record on, as many as fit; returns how many. */
  add(record: RingRecord, from: number): number {
    const taken = Math.min(record.count - from, this.#rows - this.#count);
    this.#ensure(this.#count + taken);
    const { layout, memoryBytes, payloadAt } = record;
    for (let index = 0; index < this.#columns.length; index++) {
      const buffer = this.#columns[index]!;
      const part = layout.columns[index]!;
      const { itemBytes } = buffer;
      copy(
        memoryBytes,
        payloadAt + part.offset + from * itemBytes,
        buffer.bytes,
        this.#count * itemBytes,
        taken * itemBytes,
      );
      if (buffer.validity !== undefined && part.validityOffset !== undefined)
        copy(memoryBytes, payloadAt + part.validityOffset + from, buffer.validity, this.#count, taken);
    }
    const times = record.timestampsNs;
    if (times !== undefined) this.#timestamps.set(times.subarray(from, from + taken), this.#count);
    else this.#spaceTimestamps(record.firstTimestampNs, from, taken);
    this.#fillSequences(record.firstSequence + from, taken);
    this.#count += taken;
    return taken;
  }

  /**
   * True when the records from number `from` of a ring record on make a whole batch where they lie, aligned as promised. Texts
   * and bools do not: what is overwritten meanwhile would be none, and be refused instead of lost.
   */
  canShare(record: RingRecord, from: number): boolean {
    return (
      this.#count === 0 &&
      this.#isOfNumbers &&
      record.count - from >= this.#rows &&
      (from === 0 || this.#columns.every(({ itemBytes }) => (from * itemBytes) % 8 === 0))
    );
  }

  /**
   * A whole batch of records from number `from` of a ring record on, in the ring's own memory: nothing is copied but
   * the index. For an empty builder and a record that has that many; valid as long as the record is intact.
   */
  shared(record: RingRecord, from: number): Batch {
    const count = this.#rows;
    this.#ensure(count);
    const { layout, memoryBytes, payloadAt } = record;
    const times = record.timestampsNs?.subarray(from, from + count);
    if (times === undefined) this.#spaceTimestamps(record.firstTimestampNs, from, count);
    this.#fillSequences(record.firstSequence + from, count);
    return {
      stream: this.stream,
      count,
      timestampsNs: times ?? this.#timestamps.subarray(0, count),
      sequences: this.#sequences.subarray(0, count),
      columns: layout.columns.map(({ offset, validityOffset }, index): ColumnValues => {
        const { itemBytes } = this.#columns[index]!;
        const at = payloadAt + offset + from * itemBytes;
        const bytes = memoryBytes.subarray(at, at + count * itemBytes);
        if (validityOffset === undefined) return { bytes };
        const maskAt = payloadAt + validityOffset + from;
        return { bytes, validity: memoryBytes.subarray(maskAt, maskAt + count) };
      }),
    };
  }

  /** Forgets the last `count` records: they turned out to be overwritten while they were copied. */
  drop(count: number): void {
    this.#count -= count;
  }

  /** What was collected, as views: valid until the next `add` after `clear`. */
  batch(): Batch {
    const count = this.#count;
    return {
      stream: this.stream,
      count,
      timestampsNs: this.#timestamps.subarray(0, count),
      sequences: this.#sequences.subarray(0, count),
      columns: this.#columns.map(({ bytes, validity, itemBytes }): ColumnValues => {
        const values = bytes.subarray(0, count * itemBytes);
        return validity === undefined
          ? { bytes: values }
          : { bytes: values, validity: validity.subarray(0, count) };
      }),
    };
  }

  clear(): void {
    this.#count = 0;
  }

  /** `first + round(i × 10⁹ / rate)`, in 32-bit halves because 64-bit integers in JavaScript cost an allocation each. */
  #spaceTimestamps(first: bigint, from: number, taken: number): void {
    const periodNs = 1e9 / (this.stream.rateHz ?? 1);
    const low = Number(BigInt.asUintN(32, first));
    const upper = Number(first >> 32n);
    const words = this.#timestampWords;
    for (let index = 0; index < taken; index++) {
      const sum = low + Math.round((from + index) * periodNs);
      const at = (this.#count + index) * 2;
      words[at] = sum >>> 0;
      words[at + 1] = upper + Math.floor(sum / high);
    }
  }

  #fillSequences(first: number, taken: number): void {
    const words = this.#sequenceWords;
    for (let index = 0; index < taken; index++) {
      const at = (this.#count + index) * 2;
      const sequence = first + index;
      words[at] = sequence >>> 0;
      words[at + 1] = Math.floor(sequence / high);
    }
  }

  #ensure(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.min(this.#rows, Math.max(rows, this.#capacity * 4));
    for (const [index, buffer] of this.#columns.entries()) {
      const grown = newBuffer(this.stream.columns[index]!, this.#capacity);
      grown.bytes.set(buffer.bytes.subarray(0, this.#count * buffer.itemBytes));
      if (buffer.validity !== undefined) grown.validity?.set(buffer.validity.subarray(0, this.#count));
      this.#columns[index] = grown;
    }
    const timestamps = new BigInt64Array(this.#capacity);
    timestamps.set(this.#timestamps.subarray(0, this.#count));
    this.#timestamps = timestamps;
    this.#timestampWords = new Uint32Array(timestamps.buffer);
    const sequences = new BigInt64Array(this.#capacity);
    sequences.set(this.#sequences.subarray(0, this.#count));
    this.#sequences = sequences;
    this.#sequenceWords = new Uint32Array(sequences.buffer);
  }
}

function newBuffer(column: Column, rows: number): ColumnBuffer {
  const itemBytes = columnItemBytes(column);
  return {
    bytes: new Uint8Array(new ArrayBuffer(Math.ceil((rows * itemBytes) / 8) * 8)),
    validity: column.nullable === true ? new Uint8Array(rows) : undefined,
    itemBytes,
  };
}

/** A few bytes are copied faster one by one than through a view made for the purpose. */
function copy(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, bytes: number): void {
  if (bytes <= 16) for (let index = 0; index < bytes; index++) to[toAt + index] = from[fromAt + index]!;
  else to.set(from.subarray(fromAt, fromAt + bytes), toAt);
}
