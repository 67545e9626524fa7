import { DaqError } from "../model/errors.ts";
import type { RunInfo } from "../model/run.ts";
import { parseStreamSchema, type StreamSchema } from "../model/stream-schema.ts";
import { type ConsumerSlot, claimSlot, listConsumers } from "./consumer-slots.ts";
import { readEntries } from "./directory.ts";
import { type Generation, generationIndexOf, offsetIn, readGenerations } from "./generations.ts";
import {
  dataOffset,
  directoryKind,
  header,
  recordHeaderBytes,
  recordKind,
  recordState,
  stream,
  streamBytes,
  streamsOffset,
} from "./layout.ts";
import { attachRingFile, isClosed, producerDied, type RingFile, runUidOf } from "./ring-file.ts";
import type { RingMemory } from "./ring-memory.ts";
import { RingRecord, StreamView } from "./ring-record.ts";
import { Wake } from "./wake.ts";

export type ReaderOptions = {
  readonly name: string;
  /** A recorder: the ring keeps its place over a crash, and `block` waits for it. A live tap is not durable. */
  readonly durable: boolean;
  /** Where a new reader starts: with the oldest record (default), or with what comes next. */
  readonly from?: "oldest" | "newest";
};

export type RingState = "open" | "closed" | "producer-died";

/** How often a waiting reader looks whether the producer is still alive. */
const livenessMs = 250;

/** A reader of a ring with a place of its own. It never stalls the producer, unless it is durable and the mode `block`. */
export class RingReader {
  readonly path: string;
  readonly #file: RingFile;
  readonly #memory: RingMemory;
  readonly #slot: ConsumerSlot;
  readonly #durable: boolean;
  readonly #record: RingRecord;
  readonly #dataWake: Wake;
  readonly #spaceWake: Wake;
  readonly #streams: StreamView[] = [];
  /** True when a durable reader of this name had been here before and this one goes on in its place. */
  readonly resumed: boolean;
  #generations: readonly Generation[];
  #directoryRead = 0;
  #run: RunInfo | undefined;
  #cursor: number;
  #published = 0;
  #state: RingState = "open";
  #closed = false;
  #lostUnsaved = 0;

  /** Opens a ring and takes a slot in it. Throws `DaqError("ring")`. */
  static attach(path: string, options: ReaderOptions): RingReader {
    const file = attachRingFile(path);
    try {
      return new RingReader(file, options);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: RingFile, { name, durable, from = "oldest" }: ReaderOptions) {
    const { memory } = file;
    this.path = file.path;
    this.#file = file;
    this.#memory = memory;
    this.#record = new RingRecord(memory);
    this.#dataWake = new Wake(memory, header.dataWake);
    this.#spaceWake = new Wake(memory, header.spaceWake);
    this.#generations = readGenerations(memory);
    const start = from === "oldest" ? header.tail : header.published;
    const claim = claimSlot(memory, { name, durable, startCursor: () => memory.load(start) });
    this.#slot = claim.slot;
    this.#durable = durable;
    this.resumed = claim.resumed;
    this.#cursor = claim.slot.cursor;
    this.#readDirectory();
    if (from === "newest" && !this.resumed) this.#startFresh();
    // What is gone before the first look was overwritten.
    else for (const view of this.#streams) view.lapped = this.#cursor > 0;
  }

  #startFresh(): void {
    for (const view of this.#streams) {
      view.nextSequence = this.producedOf(view.index);
      view.isFresh = true;
    }
  }

  /** The run that the producer described, once it has. */
  get run(): RunInfo | undefined {
    if (this.#run === undefined) this.#readDirectory();
    return this.#run;
  }

  get runUid(): string {
    return runUidOf(this.#memory);
  }

  /** Streams that have been declared so far; they keep their order. */
  get streams(): readonly StreamSchema[] {
    this.#readDirectory();
    return this.#streams.map((view) => view.schema);
  }

  get streamViews(): readonly StreamView[] {
    return this.#streams;
  }

  /** The position that has been read up to (not: stored). */
  get cursor(): number {
    return this.#cursor;
  }

  get storedCursor(): number {
    return this.#slot.cursor;
  }

  get capacityBytes(): number {
    return this.#generations[this.#generations.length - 1]!.capacity;
  }

  /** Bytes that were published and not read yet. */
  get behindBytes(): number {
    return Math.max(0, this.#memory.load(header.published) - this.#cursor);
  }

  /** True when the producer sleeps until a recorder stores something. */
  get isProducerWaiting(): boolean {
    return this.#spaceWake.isAwaited;
  }

  /** Records that the stream's source produced so far, the lost ones included. */
  producedOf(streamIndex: number): number {
    return this.#memory.load(streamsOffset + streamIndex * streamBytes + stream.produced);
  }

  consumers() {
    return listConsumers(this.#memory);
  }

  /** Continues somewhere else, with the sequence numbers that are expected there: used when resuming. */
  seek(cursor: number, nextSequences: readonly number[]): void {
    this.#cursor = cursor;
    this.#readDirectory();
    for (const view of this.#streams) {
      view.nextSequence = nextSequences[view.index] ?? 0;
      view.lapped = false;
      view.isFresh = false;
    }
  }

  /** Everything before the position is safely stored: the ring may forget it. */
  store(position: number): void {
    this.#slot.cursor = position;
    this.#slot.beat();
    this.#saveLost();
    this.#spaceWake.signal();
  }

  /**
   * The next record, or undefined when there is none at the moment. The record is borrowed until the next call.
   * `lostBefore` on it tells what was overwritten before it could be read.
   */
  next(): RingRecord | undefined {
    for (;;) {
      if (this.#cursor >= this.#published && !this.#look())
        return this.#state === "producer-died" ? this.#nextOrphan() : undefined;
      const found = this.#record;
      found.moveTo(this.#byteOf(this.#cursor), this.#cursor);
      this.#slot.fence();
      const tail = this.#memory.load(header.tail);
      if (tail > this.#cursor) {
        this.#noteLapped();
        this.#cursor = tail;
        continue;
      }
      if (found.headerPosition !== this.#cursor || found.bytes < recordHeaderBytes) throw this.#damaged();
      this.#cursor += found.bytes;
      if (found.rawKind === recordKind.padding) continue;
      return this.#accept(found);
    }
  }

  /** Streams that are met here for the first time have lost records too: they are declared before their first record. */
  #noteLapped(): void {
    this.#readDirectory();
    for (const view of this.#streams) view.lapped = true;
  }

  /** True when the record that `next` gave has not been overwritten since: check after using its bytes. */
  isIntact(found: RingRecord): boolean {
    // The reads of the payload are done before the tail is looked at.
    this.#slot.fence();
    return this.#memory.load(header.tail) <= found.position;
  }

  /** The record was overwritten while it was used: all but its first `kept` records will be reported as lost. */
  reject(found: RingRecord, kept: number): void {
    found.stream.nextSequence = found.firstSequence + kept;
    found.stream.lapped = true;
  }

  #accept(found: RingRecord): RingRecord {
    found.setKind();
    if (found.kind === "document") return found;
    if (found.streamIndex >= this.#streams.length) this.#readDirectory();
    const view = this.#streams[found.streamIndex];
    if (view === undefined) throw this.#damaged();
    found.stream = view;
    // Where a fresh reader began, the producer's count may have been behind the records by the one just published.
    found.lostBefore =
      view.isFresh && !view.lapped ? 0 : Math.max(0, found.firstSequence - view.nextSequence);
    // A hole without lapping is a reservation whose owner died in it.
    found.lostReason = view.lapped ? "ring-lapped" : "aborted";
    if (found.lostBefore > 0) this.#countLost(found.lostBefore);
    view.lapped = false;
    view.isFresh = false;
    view.nextSequence = found.firstSequence + found.count;
    return found;
  }

  /** Others see what a recorder lost when they see what it stored: what it reads again after a crash counts once. */
  #countLost(records: number): void {
    this.#lostUnsaved += records;
    if (!this.#durable) this.#saveLost();
  }

  #saveLost(): void {
    if (this.#lostUnsaved > 0) this.#slot.addLost(this.#lostUnsaved);
    this.#lostUnsaved = 0;
  }

  /** Records behind a reservation that a dead producer never finished. */
  #nextOrphan(): RingRecord | undefined {
    const reserved = this.#memory.load(header.reserved);
    while (this.#cursor < reserved) {
      const found = this.#record;
      found.moveTo(this.#byteOf(this.#cursor), this.#cursor);
      if (found.headerPosition !== this.#cursor || found.bytes < recordHeaderBytes) return undefined;
      this.#cursor += found.bytes;
      if (found.rawState !== recordState.committed || found.rawKind === recordKind.padding) continue;
      return this.#accept(found);
    }
    return undefined;
  }

  #damaged(): DaqError {
    return new DaqError(
      "ring",
      `${this.path} is damaged at position ${this.#cursor}: what is there is not a record.`,
      {
        hint: "What was stored before is safe. Please report this with the versions of both programs.",
      },
    );
  }

  /** Looks how far the producer is. Returns true when there is something to read. */
  #look(): boolean {
    this.#published = this.#memory.load(header.published);
    const count = Atomics.load(this.#memory.i32, header.generationCount / 4);
    if (count !== this.#generations.length) this.#generations = readGenerations(this.#memory);
    return this.#cursor < this.#published;
  }

  #byteOf(position: number): number {
    const generations = this.#generations;
    const index = generations.length === 1 ? 0 : generationIndexOf(generations, position);
    return dataOffset + offsetIn(generations[index]!, position);
  }

  #readDirectory(): void {
    const { entries, next } = readEntries(this.#memory, this.#directoryRead);
    this.#directoryRead = next;
    for (const { kind, value } of entries) {
      if (kind === directoryKind.run) this.#run = value as RunInfo;
      if (kind === directoryKind.schema)
        this.#streams.push(new StreamView(parseStreamSchema(value), this.#streams.length));
    }
  }

  /** `closed` and `producer-died` are final once everything has been read. */
  get state(): RingState {
    return this.#state;
  }

  /** Waits until there may be something to read, the ring was closed, or the time is over. */
  async wait(milliseconds: number): Promise<void> {
    await this.#dataWake.sleepAsync(() => this.#hasNews(), Math.min(milliseconds, livenessMs));
    this.#refreshState();
  }

  /** The same, blocking the thread: for programs that do nothing else. */
  waitBlocking(milliseconds: number): void {
    this.#dataWake.sleep(() => this.#hasNews(), Math.min(milliseconds, livenessMs));
    this.#refreshState();
  }

  #hasNews(): boolean {
    return this.#look() || isClosed(this.#memory);
  }

  #refreshState(): void {
    if (this.#closed || this.#look()) return;
    // Closed before looked: what was published before closing is seen by the look that follows.
    if (isClosed(this.#memory)) this.#state = this.#look() ? "open" : "closed";
    else if (producerDied(this.#memory)) this.#state = this.#look() ? "open" : "producer-died";
  }

  /** Gives the slot back: `block` no longer waits for this reader. Without it, a durable reader's place is kept. */
  detach(): void {
    if (this.#closed) return;
    this.#slot.release();
    this.#spaceWake.signal();
    this.#letGo();
  }

  /** Lets go of the ring and keeps a durable reader's place, for the next one of its name. */
  close(): void {
    if (this.#closed) return;
    if (this.#durable) this.#slot.vacate();
    else this.#slot.release();
    this.#letGo();
  }

  #letGo(): void {
    this.#closed = true;
    this.#published = 0;
    this.#file.close();
  }
}
