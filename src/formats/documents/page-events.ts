import type { Event } from "../../documents/event.ts";
import type { EventPage } from "../../documents/event-page.ts";

/** The rows of a page. */
export function* pageEvents(page: EventPage): Generator<Event> {
  const row = <Value>(columns: { readonly [key: string]: readonly Value[] }, index: number) =>
    Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[index]!]));
  for (const [index, uid] of page.uid.entries())
    yield {
      uid,
      descriptor: page.descriptor,
      seq_num: page.seq_num[index]!,
      time: page.time[index]!,
      data: row(page.data, index),
      timestamps: row(page.timestamps, index),
      filled: row(page.filled ?? {}, index),
    };
}
