import { brokenRow } from "../model/broken-row.ts";
import { type DType, isNumberDType } from "../model/dtype.ts";
import { DaqError } from "../model/errors.ts";
import type { RecordsToWrite, Reservation, StreamSink } from "../model/frame-sink.ts";
import { type LossReason, lossReasons } from "../model/ledger.ts";
import { type PayloadLayout, PayloadLayouts } from "../model/payload-layout.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import {
  alignToLine,
  flagTimestamps,
  lineBytes,
  record,
  recordHeaderBytes,
  recordKind,
  recordState,
  recordWord,
  stream,
  streamBytes,
  streamsOffset,
} from "./layout.ts";
import type { HeldRecord, RecordQueue } from "./record-queue.ts";
import { RingReservation } from "./ring-reservation.ts";

const committedData = recordWord(recordState.committed, recordKind.data, 0);
const committedTimed = recordWord(recordState.committed, recordKind.data, flagTimestamps);
const committedGap = recordWord(recordState.committed, recordKind.gap, 0);
const reservedData = recordWord(recordState.reserved, recordKind.data, 0);
const encoder = new TextEncoder();
const maxDetailBytes = 1024;

/** One stream of the ring, as the driver that fills it sees it. */
export class RingStream implements StreamSink {
  readonly schema: StreamSchema;
  readonly #queue: RecordQueue;
  readonly #index: number;
  readonly #layouts: PayloadLayouts;
  readonly #producedAt: number;
  #nextSequence = 0;

  constructor(queue: RecordQueue, schema: StreamSchema, index: number) {
    this.schema = schema;
    this.#queue = queue;
    this.#index = index;
    this.#layouts = new PayloadLayouts(schema);
    this.#producedAt = streamsOffset + index * streamBytes;
  }

  /** Records produced so far, the lost ones included. */
  get produced(): number {
    return this.#nextSequence;
  }

  write(records: RecordsToWrite): void | Promise<void> {
    const { count, timestampsNs } = records;
    if (count === 0) return;
    this.#checkCount(count);
    if (count > 1 && timestampsNs === undefined && this.schema.rateHz === undefined)
      throw new DaqError(
        "ring",
        `${this.schema.name}: ${count} records at once need their timestamps, or a rate in the schema.`,
      );
    const layout = this.#layouts.layout(count, timestampsNs !== undefined);
    this.#check(layout, records);
    const bytes = alignToLine(recordHeaderBytes + layout.bytes);
    const at = this.#queue.take(bytes);
    if (at < 0) return this.#queue.whenFree(bytes, (free) => this.#fill(free, bytes, layout, records));
    this.#fill(at, bytes, layout, records);
  }

  #fill(at: number, bytes: number, layout: PayloadLayout, records: RecordsToWrite): void {
    const { memory } = this.#queue;
    const { count, timestampNs, timestampsNs, columns, validity } = records;
    const payloadAt = at + recordHeaderBytes;
    if (timestampsNs !== undefined) memory.i64.set(timestampsNs.subarray(0, count), payloadAt / 8);
    for (let index = 0; index < layout.columns.length; index++) {
      const part = layout.columns[index]!;
      memory.bytes.set(columns[index]!, payloadAt + part.offset);
      if (part.validityOffset === undefined) continue;
      const mask = validity?.[index];
      const maskAt = payloadAt + part.validityOffset;
      if (mask === undefined) memory.bytes.fill(1, maskAt, maskAt + count);
      else memory.bytes.set(mask.subarray(0, count), maskAt);
    }
    this.#writeHeader(at, bytes, layout.bytes, count);
    memory.i64[(at + record.firstTimestampNs) / 8] = timestampNs;
    this.#queue.markState(at, timestampsNs === undefined ? committedData : committedTimed);
    this.#publish(count);
  }

  #checkCount(count: number): void {
    if (!Number.isInteger(count) || count < 1)
      throw new DaqError("ring", `${this.schema.name}: ${count} is not a number of records.`);
  }

  /** Before any space is taken: a record that is begun must be finished, and nothing in between may throw. */
  #check(
    layout: PayloadLayout,
    { columns, validity, timestampNs, timestampsNs, count }: RecordsToWrite,
  ): void {
    for (let index = 0; index < layout.columns.length; index++) {
      const { bytes, validityOffset } = layout.columns[index]!;
      const source = columns[index];
      if (!(source instanceof Uint8Array) || source.byteLength !== bytes)
        throw this.#wrong(index, `expected ${bytes} bytes, got ${sizeText(source)}.`);
      const mask = validity?.[index];
      if (mask !== undefined && validityOffset === undefined)
        throw this.#wrong(index, "has a validity mask, but the column is not nullable.");
      if (mask !== undefined && mask.byteLength < count)
        throw this.#wrong(index, `${mask.byteLength} validity bytes for ${count} records.`);
      const column = this.schema.columns[index]!;
      const broken = brokenRow(column, source, mask);
      if (broken !== undefined)
        throw this.#wrong(index, `record ${broken} of ${count} is ${describeBroken(column.dtype)}.`);
    }
    if (
      typeof timestampNs !== "bigint" ||
      (timestampsNs !== undefined && !(timestampsNs instanceof BigInt64Array))
    )
      throw new DaqError("ring", `${this.schema.name}: timestamps must be bigint nanoseconds.`);
    if (timestampsNs !== undefined && timestampsNs.length < count)
      throw new DaqError(
        "ring",
        `${this.schema.name}: ${timestampsNs.length} timestamps for ${count} records.`,
      );
  }

  #wrong(column: number, problem: string): DaqError {
    return new DaqError("ring", `${this.schema.name}.${this.schema.columns[column]!.name}: ${problem}`);
  }

  #writeHeader(at: number, bytes: number, payloadBytes: number, count: number): void {
    const { memory } = this.#queue;
    memory.u32[(at + record.streamIndex) / 4] = this.#index;
    memory.set(at + record.bytes, bytes);
    memory.set(at + record.count, count);
    memory.set(at + record.payloadBytes, payloadBytes);
    memory.set(at + record.firstSequence, this.#nextSequence);
    memory.set(at + record.position, this.#queue.head - bytes);
  }

  #publish(count: number): void {
    this.#nextSequence += count;
    if (this.#queue.isHolding) this.#queue.noteReserved();
    this.#queue.publish();
    // After publishing: a producer that dies in between leaves a record that was read, not one that seems lost.
    this.#queue.memory.store(this.#producedAt + stream.produced, this.#nextSequence);
  }

  reserve(count: number): Reservation | Promise<Reservation> {
    this.#checkCount(count);
    if (count > 1 && this.schema.rateHz === undefined)
      throw new DaqError(
        "ring",
        `${this.schema.name}: a reservation for ${count} records needs a rate in the schema.`,
      );
    if (this.schema.columns.some(({ dtype }) => !isNumberDType(dtype)))
      throw new DaqError("ring", `${this.schema.name}: memory can be reserved for numbers only.`, {
        hint: "Write records with texts or bools, which are checked on their way into the ring.",
      });
    const layout = this.#layouts.layout(count, false);
    const bytes = alignToLine(recordHeaderBytes + layout.bytes);
    const at = this.#queue.take(bytes);
    if (at < 0) return this.#queue.whenFree(bytes, (free) => this.#hold(free, bytes, layout, count));
    return this.#hold(at, bytes, layout, count);
  }

  #hold(at: number, bytes: number, layout: PayloadLayout, count: number): Reservation {
    const { memory } = this.#queue;
    this.#writeHeader(at, bytes, layout.bytes, count);
    this.#queue.markState(at, reservedData);
    const position = this.#queue.head - bytes;
    const payloadAt = at + recordHeaderBytes;
    const firstSequence = this.#nextSequence;
    this.#nextSequence += count;
    for (const part of layout.columns)
      if (part.validityOffset !== undefined)
        memory.bytes.fill(1, payloadAt + part.validityOffset, payloadAt + part.validityOffset + count);
    const finish = (held: HeldRecord): void => {
      held.isDone = true;
      this.#queue.publish();
      this.#noteProduced(firstSequence + count);
    };
    const reservation = new RingReservation(position, position + bytes, {
      columns: layout.columns.map((part) =>
        memory.bytes.subarray(payloadAt + part.offset, payloadAt + part.offset + part.bytes),
      ),
      commit: (held, timestampNs) => {
        memory.i64[(at + record.firstTimestampNs) / 8] = timestampNs;
        this.#queue.markState(at, committedData);
        finish(held);
      },
      abandon: (held, reason, detail) => {
        this.#writeGap(at, bytes - recordHeaderBytes, reason, detail);
        finish(held);
      },
    });
    this.#queue.hold(reservation);
    return reservation;
  }

  #noteProduced(sequence: number): void {
    const { memory } = this.#queue;
    const at = this.#producedAt + stream.produced;
    if (memory.get(at) < sequence) memory.store(at, sequence);
  }

  #writeGap(at: number, roomBytes: number, reason: LossReason, detail: string): void {
    const { memory } = this.#queue;
    const text = encoder.encode(detail).subarray(0, Math.min(roomBytes, maxDetailBytes));
    memory.bytes.set(text, at + recordHeaderBytes);
    memory.set(at + record.payloadBytes, text.byteLength);
    memory.u32[(at + record.reason) / 4] = lossReasons.indexOf(reason);
    memory.i64[(at + record.firstTimestampNs) / 8] = BigInt(Date.now()) * 1_000_000n;
    this.#queue.markState(at, committedGap);
  }

  lose(count: number, reason: LossReason, detail: string): void | Promise<void> {
    if (count === 0) return;
    this.#checkCount(count);
    const room = Math.min(maxDetailBytes, alignToLine(encoder.encode(detail).byteLength));
    const bytes = recordHeaderBytes + Math.max(room, lineBytes);
    const at = this.#queue.take(bytes);
    if (at < 0)
      return this.#queue.whenFree(bytes, (free) => this.#fillGap(free, bytes, count, reason, detail));
    this.#fillGap(at, bytes, count, reason, detail);
  }

  #fillGap(at: number, bytes: number, count: number, reason: LossReason, detail: string): void {
    this.#writeHeader(at, bytes, 0, count);
    this.#writeGap(at, bytes - recordHeaderBytes, reason, detail);
    this.#publish(count);
  }
}

function sizeText(source: Uint8Array | undefined): string {
  if (source === undefined) return "none";
  return source instanceof Uint8Array ? `${source.byteLength}` : "no Uint8Array";
}

function describeBroken(dtype: DType): string {
  return dtype === "bool" ? "neither 0 nor 1" : "not UTF-8 with zeros behind it";
}
