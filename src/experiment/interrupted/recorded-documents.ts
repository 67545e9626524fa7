import type { NamedDocument } from "../../documents/document.ts";
import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { eventsOf } from "../../formats/documents/events-of.ts";
import type { Batch } from "../../model/batch.ts";

/** One stream's events as they were recorded. */
export type RecordedStream = {
  readonly descriptor: EventDescriptor;
  batches(): AsyncIterable<Batch>;
};

type Head = { readonly events: AsyncGenerator<Event, void, void>; event: Event };

/** The documents of a run from its files, in the order in which they were taken. One batch of each stream is in memory. */
export async function* recordedDocuments(
  start: RunStart,
  streams: readonly RecordedStream[],
): AsyncGenerator<NamedDocument, void, void> {
  yield { name: "start", doc: start };
  const heads: Head[] = [];
  try {
    for (const stream of streams) {
      yield { name: "descriptor", doc: stream.descriptor };
      const events = eventsOfStream(stream);
      const first = await events.next();
      if (first.done !== true) heads.push({ events, event: first.value });
    }
    while (heads.length > 0) {
      const head = heads.reduce((best, each) => (timeOf(each.event) < timeOf(best.event) ? each : best));
      yield { name: "event", doc: head.event };
      const next = await head.events.next();
      if (next.done === true) heads.splice(heads.indexOf(head), 1);
      else head.event = next.value;
    }
  } finally {
    for (const { events } of heads) await events.return();
  }
}

function timeOf({ data }: Event): bigint {
  return data.time_ns as bigint;
}

async function* eventsOfStream({ descriptor, batches }: RecordedStream): AsyncGenerator<Event, void, void> {
  for await (const batch of batches()) yield* eventsOf(batch, descriptor);
}
