import { type LossReason, lossReasons } from "../model/ledger.ts";
import { type PayloadLayout, PayloadLayouts } from "../model/payload-layout.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { flagTimestamps, record, recordHeaderBytes, recordKind } from "./layout.ts";
import type { RingMemory } from "./ring-memory.ts";

const decoder = new TextDecoder();

/** A stream as a reader knows it. */
export class StreamView {
  readonly schema: StreamSchema;
  readonly index: number;
  readonly layouts: PayloadLayouts;
  /** The sequence number that the next record should have. */
  nextSequence = 0;
  /** True after the reader was overtaken, until the stream's next record. */
  lapped = false;
  /** True for a reader that began in the middle, until the stream's first record. */
  isFresh = false;

  constructor(schema: StreamSchema, index: number) {
    this.schema = schema;
    this.index = index;
    this.layouts = new PayloadLayouts(schema);
  }
}

/**
 * One record, as it lies in the ring. The reader has a single one of these and moves it: what it shows, and every view
 * that it gives, is *borrowed* until the next call of `next`, and only what `isIntact` still confirms after the bytes
 * were used is good.
 */
export class RingRecord {
  readonly #memory: RingMemory;
  #at = 0;
  #word = 0;
  streamIndex = 0;
  payloadBytes = 0;
  /** The position that the header itself names: another one means that this is not the record looked for. */
  headerPosition = 0;
  kind: "data" | "gap" | "document" = "data";
  /** Of a record that is no document. */
  stream!: StreamView;
  position = 0;
  bytes = 0;
  count = 0;
  firstSequence = 0;
  /** Records lost right before this one, and why; 0 when none. */
  lostBefore = 0;
  lostReason: LossReason = "ring-lapped";

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** Reads the whole header at a byte of the file: afterwards the caller checks that it had not been overwritten. */
  moveTo(at: number, position: number): void {
    const memory = this.#memory;
    this.#at = at;
    this.position = position;
    this.bytes = memory.get(at + record.bytes);
    this.count = memory.get(at + record.count);
    this.firstSequence = memory.get(at + record.firstSequence);
    this.lostBefore = 0;
    this.#word = memory.u32[at / 4]!;
    this.streamIndex = memory.u32[(at + record.streamIndex) / 4]!;
    this.payloadBytes = memory.get(at + record.payloadBytes);
    this.headerPosition = memory.get(at + record.position);
  }

  get rawKind(): number {
    return (this.#word >>> 8) & 0xff;
  }

  get rawState(): number {
    return this.#word & 0xff;
  }

  setKind(): void {
    const kind = this.rawKind;
    this.kind = kind === recordKind.gap ? "gap" : kind === recordKind.document ? "document" : "data";
  }

  /** The schema's layout for this record; `timestampsOffset` is undefined when they follow from the rate. */
  get layout(): PayloadLayout {
    const flags = (this.#word >>> 16) & 0xff;
    return this.stream.layouts.layout(this.count, (flags & flagTimestamps) !== 0);
  }

  get firstTimestampNs(): bigint {
    return this.#memory.i64[(this.#at + record.firstTimestampNs) / 8]!;
  }

  /** The payload: bytes of the ring itself. */
  get payload(): Uint8Array {
    const from = this.#at + recordHeaderBytes;
    return this.#memory.bytes.subarray(from, from + this.payloadBytes);
  }

  /** The whole ring: with `payloadAt`, for those who copy without making a view each time. */
  get memoryBytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** The payload's first byte in the ring's memory. */
  get payloadAt(): number {
    return this.#at + recordHeaderBytes;
  }

  /** int64 nanoseconds, one for each record; undefined when they follow from the first and the rate. */
  get timestampsNs(): BigInt64Array | undefined {
    const { timestampsOffset } = this.layout;
    if (timestampsOffset === undefined) return undefined;
    const index = (this.payloadAt + timestampsOffset) / 8;
    return this.#memory.i64.subarray(index, index + this.count);
  }

  /** Why a gap's records were lost. */
  get gapReason(): LossReason {
    return lossReasons[this.#memory.u32[(this.#at + record.reason) / 4]!] ?? "device";
  }

  get gapDetail(): string {
    return decoder.decode(this.payload.slice());
  }
}
