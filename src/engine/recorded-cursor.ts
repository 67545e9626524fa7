import type { NamedDocument } from "../documents/document.ts";
import { DocumentOrder } from "../documents/document-order.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { EventPage } from "../documents/event-page.ts";
import type { RunStart } from "../documents/run-start.ts";
import { DaqError } from "../model/errors.ts";

/** An event with what it belongs to. */
export type RecordedEvent = {
  readonly descriptor: EventDescriptor;
  readonly stream: string;
  readonly event: Event;
};

function* rowsOf(page: EventPage): Generator<Event> {
  const row = <Value>(columns: { readonly [key: string]: readonly Value[] }, index: number) =>
    Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[index]!]));
  for (const [index, seq_num] of page.seq_num.entries())
    yield {
      uid: page.uid[index]!,
      descriptor: page.descriptor,
      seq_num,
      time: page.time[index]!,
      data: row(page.data, index),
      timestamps: row(page.timestamps, index),
    };
}

/**
 * The documents of a run that was interrupted, one event ahead. An event that was taken again after a pause is left out: the
 * plan had its answer from the first one. Memory does not grow with the events.
 */
export class RecordedCursor {
  readonly #documents: AsyncIterator<NamedDocument> | Iterator<NamedDocument>;
  readonly #order = new DocumentOrder();
  readonly #descriptors = new Map<string, EventDescriptor>();
  /** The last descriptor of each stream, and its last number. */
  readonly streams = new Map<string, { descriptor: EventDescriptor; last: number }>();
  #rows: Event[] = [];
  #over = false;
  start: RunStart | undefined;
  /** The next event of the plan; undefined: there is no more. */
  next: RecordedEvent | undefined;

  constructor(documents: Iterable<NamedDocument> | AsyncIterable<NamedDocument>) {
    this.#documents =
      Symbol.asyncIterator in documents ? documents[Symbol.asyncIterator]() : documents[Symbol.iterator]();
  }

  /** Reads on until there is an event that the plan took, and not one of `apart`. */
  async fill(apart: ReadonlySet<string>): Promise<void> {
    for (;;) {
      if (this.next !== undefined && !apart.has(this.next.stream)) return;
      this.next = undefined;
      while (this.#rows.length > 0 && this.next === undefined) this.next = this.#taken(this.#rows.shift()!);
      if (this.next !== undefined) continue;
      if (this.#over) return;
      const step = await this.#documents.next();
      if (step.done === true) this.#over = true;
      else this.#accept(step.value);
    }
  }

  #taken(event: Event): RecordedEvent | undefined {
    const descriptor = this.#descriptors.get(event.descriptor)!;
    const stream = descriptor.name ?? "";
    const known = this.streams.get(stream)!;
    if (event.seq_num <= known.last) return undefined;
    known.last = event.seq_num;
    return { descriptor, stream, event };
  }

  #accept({ name, doc }: NamedDocument): void {
    this.#order.accept(name, doc);
    if (name === "start") this.start = doc;
    else if (name === "descriptor") {
      this.#descriptors.set(doc.uid, doc);
      this.streams.set(doc.name ?? "", {
        descriptor: doc,
        last: this.streams.get(doc.name ?? "")?.last ?? 0,
      });
    } else if (name === "event") this.#rows = [doc];
    else if (name === "event_page") this.#rows = [...rowsOf(doc)];
    else if (name === "stop")
      throw new DaqError("usage", `Run ${doc.run_start} is over: it ended with ${doc.exit_status}.`, {
        hint: "Only a run without a stop document can be taken up again; carry out the plan as a new run.",
      });
  }

  async close(): Promise<void> {
    await this.#documents.return?.();
  }
}
