import { numberDType, type TypedArray, typedView } from "../model/dtype.ts";
import { type Element, elementReader } from "../model/element-reader.ts";
import { DaqError } from "../model/errors.ts";
import type { FrameSink, RecordsToWrite, Reservation, StreamSink } from "../model/frame-sink.ts";
import { AccountBook, type LossReason, type StreamAccount } from "../model/ledger.ts";
import {
  type Column,
  columnItemBytes,
  parseStreamSchema,
  type StreamSchema,
} from "../model/stream-schema.ts";

export type MemorySinkOptions = {
  /**
   * Asked before every call: a promise holds the caller back until it settles, as a full ring does. Records are
   * copied only then, so a source that reuses its buffers too early is found out.
   */
  readonly backPressure?: () => Promise<void> | undefined;
};

/** Fills memory that is no longer the source's, so that a late write or read shows. */
const poison = 0xee;

/** A frame sink that keeps copies of everything: for tests of sources, and for a source that has no ring yet. */
export class MemorySink implements FrameSink {
  readonly streams = new Map<string, MemoryStream>();
  #options: MemorySinkOptions;

  constructor(options: MemorySinkOptions = {}) {
    this.#options = options;
  }

  openStream(schema: StreamSchema): MemoryStream {
    parseStreamSchema(schema);
    if (this.streams.has(schema.name))
      throw new DaqError(
        "ring",
        `The stream "${schema.name}" exists already; stream names are unique in a run.`,
      );
    const stream = new MemoryStream(schema, this.#options);
    this.streams.set(schema.name, stream);
    return stream;
  }

  /** The only stream, or the one of that name. Throws when there is none. */
  stream(name?: string): MemoryStream {
    const stream = name === undefined ? [...this.streams.values()][0] : this.streams.get(name);
    if (stream === undefined) throw new DaqError("ring", `No stream ${name ?? ""} was opened.`);
    return stream;
  }
}

class MemoryStream implements StreamSink {
  readonly schema: StreamSchema;
  readonly timestampsNs: bigint[] = [];
  readonly sequences: number[] = [];
  /** How many `write`, and how many `reserve` calls there were. */
  writes = 0;
  reservations = 0;
  #chunks: Uint8Array[][];
  #validity: Uint8Array[][];
  #account: AccountBook;
  #produced = 0;
  #busy: "waiting" | "reserved" | undefined;
  #options: MemorySinkOptions;

  constructor(schema: StreamSchema, options: MemorySinkOptions) {
    this.schema = schema;
    this.#chunks = schema.columns.map(() => []);
    this.#validity = schema.columns.map(() => []);
    this.#account = new AccountBook(schema.name);
    this.#options = options;
  }

  get stored(): number {
    return this.#account.stored;
  }

  get account(): StreamAccount {
    return this.#account.account();
  }

  /** True while a reservation is neither committed nor abandoned. */
  get reserved(): boolean {
    return this.#busy === "reserved";
  }

  /** All stored values of a column of numbers, one record after the other. */
  values(name: string): TypedArray {
    const index = this.#indexOf(name);
    return typedView(numberDType(this.#column(index).dtype), joined(this.#chunks[index]!));
  }

  /** All stored elements of a column of any dtype; `null` for those of a record that has none. */
  elements(name: string): (Element | null)[] {
    const index = this.#indexOf(name);
    const column = this.#column(index);
    const bytes = joined(this.#chunks[index]!);
    const validity = column.nullable === true ? this.validity(name) : undefined;
    const elementAt = elementReader(column, bytes);
    const extent = column.shape.reduce((product, size) => product * size, 1);
    const records = bytes.byteLength / columnItemBytes(column);
    return Array.from({ length: records * extent }, (_, at) =>
      validity?.[Math.floor(at / extent)] === 0 ? null : elementAt(at),
    );
  }

  /** One byte for each stored record: 1 valid, 0 missing. */
  validity(name: string): Uint8Array {
    return joined(this.#validity[this.#indexOf(name)]!);
  }

  write(records: RecordsToWrite): void | Promise<void> {
    this.writes++;
    return this.#whenFree(() => this.#store(records));
  }

  reserve(count: number): Reservation | Promise<Reservation> {
    this.reservations++;
    return this.#whenFree(() => this.#reserve(count));
  }

  lose(count: number, reason: LossReason, detail: string): void | Promise<void> {
    return this.#whenFree(() => this.#lose(count, reason, detail));
  }

  #whenFree<T>(action: () => T): T | Promise<T> {
    if (this.#busy !== undefined)
      throw new DaqError("ring", `${this.schema.name}: a call while another one was still ${this.#busy}.`);
    const pressure = this.#options.backPressure?.();
    if (pressure === undefined) return action();
    this.#busy = "waiting";
    return pressure
      .finally(() => {
        this.#busy = undefined;
      })
      .then(action);
  }

  #store(records: RecordsToWrite): void {
    const { count } = records;
    if (!Number.isInteger(count) || count < 1) this.#fail(`count ${count} is not a positive integer`);
    if (records.columns.length !== this.schema.columns.length)
      this.#fail(`${records.columns.length} columns given, the schema has ${this.schema.columns.length}`);
    if (records.timestampsNs !== undefined && records.timestampsNs.length !== count)
      this.#fail(`${records.timestampsNs.length} timestamps for ${count} records`);
    if (records.timestampsNs !== undefined && records.timestampsNs[0] !== records.timestampNs)
      this.#fail("timestampNs is not the first of timestampsNs");
    for (const [index, column] of this.schema.columns.entries()) {
      const bytes = records.columns[index]!;
      const expected = count * columnItemBytes(column);
      if (bytes.byteLength !== expected)
        this.#fail(`column ${column.name} has ${bytes.byteLength} bytes, expected ${expected}`);
      const validity = records.validity?.[index];
      if (validity !== undefined && !column.nullable) this.#fail(`column ${column.name} is not nullable`);
      if (validity !== undefined && validity.length !== count)
        this.#fail(`column ${column.name}: ${validity.length} validity bytes for ${count} records`);
      this.#chunks[index]!.push(new Uint8Array(bytes));
      this.#validity[index]!.push(
        validity === undefined ? new Uint8Array(count).fill(1) : new Uint8Array(validity),
      );
    }
    this.#number(count, records.timestampNs, records.timestampsNs);
  }

  #reserve(count: number): Reservation {
    const memory = this.schema.columns.map((column) => new Uint8Array(count * columnItemBytes(column)));
    this.#busy = "reserved";
    const finish = () => {
      if (this.#busy !== "reserved") this.#fail("a reservation was committed or abandoned twice");
      this.#busy = undefined;
    };
    return {
      columns: memory,
      commit: (timestampNs) => {
        finish();
        this.#store({ count, timestampNs, columns: memory });
        for (const bytes of memory) bytes.fill(poison);
      },
      abandon: (reason, detail) => {
        finish();
        for (const bytes of memory) bytes.fill(poison);
        this.#lose(count, reason, detail);
      },
    };
  }

  #lose(count: number, reason: LossReason, detail: string): void {
    this.#account.lose({ first: this.#produced, count, reason, atNs: "0", detail });
    this.#produced += count;
  }

  #number(count: number, firstNs: bigint, timestampsNs: BigInt64Array | undefined): void {
    const { rateHz } = this.schema;
    if (count > 1 && timestampsNs === undefined && rateHz === undefined)
      this.#fail(`${count} records with one timestamp, and the schema has no rate to space them`);
    for (let index = 0; index < count; index++) {
      const offset = index === 0 ? 0n : BigInt(Math.round((index * 1e9) / (rateHz ?? 1)));
      this.timestampsNs.push(timestampsNs?.[index] ?? firstNs + offset);
      this.sequences.push(this.#produced++);
    }
    this.#account.store(count);
  }

  #indexOf(name: string): number {
    const index = this.schema.columns.findIndex((column) => column.name === name);
    if (index < 0) this.#fail(`no column "${name}"`);
    return index;
  }

  #column(index: number): Column {
    return this.schema.columns[index]!;
  }

  #fail(problem: string): never {
    throw new DaqError("ring", `${this.schema.name}: ${problem}.`);
  }
}

export type { MemoryStream };

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}
