import type { Event } from "../documents/event.ts";
import { type EventTable, rowsAtOnce } from "../formats/documents/event-table.ts";
import type { StreamSink } from "../model/frame-sink.ts";

/** Events of a plan without checkpoints that wait, at most; those before them are written. */
const mostHeld = 4096;

/**
 * The events of one stream on their way to the ring. Those since the last checkpoint wait here: after a pause they may be
 * measured again, and then the first measurement is dropped.
 */
export class EventRows {
  readonly #table: EventTable;
  readonly #sink: StreamSink;
  #held: Event[] = [];
  /** How many of them are final. */
  #final = 0;
  /** Highest number that was written. */
  #written = 0;
  /** Numbers that were written and then measured again: they are in the files twice. */
  repeated = 0;

  constructor(table: EventTable, sink: StreamSink) {
    this.#table = table;
    this.#sink = sink;
  }

  get stream(): string {
    return this.#sink.schema.name;
  }

  add(event: Event): void {
    const number = event.seq_num;
    if (number <= this.#written) this.repeated++;
    while (this.#held.length > this.#final && this.#held.at(-1)!.seq_num >= number) this.#held.pop();
    this.#held.push(event);
    if (this.#held.length > mostHeld) this.#final = this.#held.length;
  }

  /** What was added is final. */
  settle(): void {
    this.#final = this.#held.length;
  }

  /** Has rows of an earlier part of the run stored; `last` is the number of the last one. */
  async takeOver(last: number, copy: (sink: StreamSink) => Promise<void>): Promise<void> {
    await copy(this.#sink);
    this.#written = Math.max(this.#written, last);
  }

  /** True when so much is final that it should be written without waiting for more. */
  get isFull(): boolean {
    return this.#final >= rowsAtOnce;
  }

  get hasFinal(): boolean {
    return this.#final > 0;
  }

  /** Writes what is final. Called by one at a time. */
  async write(): Promise<void> {
    while (this.#final > 0) {
      const part = this.#held.slice(0, Math.min(this.#final, rowsAtOnce));
      for (const event of part) this.#table.add(event);
      this.#held.splice(0, part.length);
      this.#final -= part.length;
      this.#written = Math.max(this.#written, part.at(-1)!.seq_num);
      await this.#sink.write(this.#table.take()!);
    }
  }
}
