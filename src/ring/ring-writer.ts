import { rmSync } from "node:fs";
import { DaqError } from "../model/errors.ts";
import type { FrameSink } from "../model/frame-sink.ts";
import type { RunInfo } from "../model/run.ts";
import { parseStreamSchema, type StreamSchema } from "../model/stream-schema.ts";
import { type ConsumerStatus, listConsumers, slowestDurableCursor } from "./consumer-slots.ts";
import { appendEntry } from "./directory.ts";
import { directoryKind, header, maxStreams, producerState } from "./layout.ts";
import { RecordQueue } from "./record-queue.ts";
import { RingDocuments } from "./ring-documents.ts";
import { createRingFile, type RingFile } from "./ring-file.ts";
import { type ResolvedRingOptions, type RingOptions, resolveRingOptions } from "./ring-options.ts";
import { RingStream } from "./ring-stream.ts";

export type RingStatus = {
  readonly capacityBytes: number;
  /** Bytes that the slowest recorder has not stored yet. */
  readonly waitingBytes: number;
  readonly consumers: readonly ConsumerStatus[];
};

/** The producing side of a ring: one per ring, in the process that acquires. */
export class RingWriter implements FrameSink {
  readonly path: string;
  readonly options: ResolvedRingOptions;
  readonly #file: RingFile;
  readonly #queue: RecordQueue;
  readonly #documents: RingDocuments;
  readonly #streams: RingStream[] = [];
  #isDescribed = false;
  #closed = false;

  /** Makes the ring file. Throws `DaqError("ring")` when there is no space for it, or the path is taken. */
  static create(path: string, options: RingOptions): RingWriter {
    const resolved = resolveRingOptions(options);
    return new RingWriter(path, resolved, createRingFile(path, resolved));
  }

  private constructor(path: string, options: ResolvedRingOptions, file: RingFile) {
    this.path = path;
    this.options = options;
    this.#file = file;
    this.#queue = new RecordQueue(file, options);
    this.#documents = new RingDocuments(this.#queue);
  }

  get isDescribed(): boolean {
    return this.#isDescribed;
  }

  get streamNames(): readonly string[] {
    return this.#streams.map(({ schema }) => schema.name);
  }

  /** Describes the run to every reader; once, before the first record. */
  describeRun(info: RunInfo): void {
    this.#isDescribed = true;
    appendEntry(this.#file.memory, directoryKind.run, info);
  }

  /** Says where the run's index will be: who finds the ring later sees there whether all of it is stored. */
  noteIndex(path: string): void {
    appendEntry(this.#file.memory, directoryKind.index, { path });
  }

  /**
   * A document of the run, UTF-8 text, at its place among the records. Copied at once, unless the ring is full and its mode
   * `block`: then when the promise settles, which rejects with `DaqError("ring-full")` after the time-out.
   */
  writeDocument(text: Uint8Array): void | Promise<void> {
    return this.#documents.write(text);
  }

  openStream(schema: StreamSchema): RingStream {
    parseStreamSchema(schema);
    if (this.#closed) throw new DaqError("ring", `The ring is closed: "${schema.name}" cannot be opened.`);
    if (this.#streams.some((stream) => stream.schema.name === schema.name))
      throw new DaqError("ring", `There is a stream "${schema.name}" already.`, {
        hint: "Give each device its own id.",
      });
    if (this.#streams.length >= maxStreams)
      throw new DaqError("ring", `A ring carries at most ${maxStreams} streams.`, {
        hint: "Put channels of one device into one stream.",
      });
    const stream = new RingStream(this.#queue, schema, this.#streams.length);
    appendEntry(this.#file.memory, directoryKind.schema, schema);
    this.#streams.push(stream);
    return stream;
  }

  status(): RingStatus {
    const { memory } = this.#file;
    const slowest = slowestDurableCursor(memory);
    return {
      capacityBytes: this.#queue.capacityBytes,
      waitingBytes: slowest === undefined ? 0 : this.#queue.head - slowest,
      consumers: listConsumers(memory),
    };
  }

  /**
   * Resolves when every recorder has stored what was written so far; or soon after `isOver` has become true. Waits as long as
   * no recorder is attached.
   */
  stored(isOver: () => boolean): Promise<void> {
    return this.#queue.whenStored(isOver);
  }

  /** No more records: readers that have read everything see the end. Reservations still open count as lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.abandonAll();
    Atomics.store(this.#file.memory.i32, header.producerState / 4, producerState.closed);
    this.#queue.wakeReaders();
  }

  /** Closes the ring and deletes its file. Readers that are still attached keep what they have mapped. */
  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
    this.#file.close();
  }
}
