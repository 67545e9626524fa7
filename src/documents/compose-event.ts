import { randomUUID } from "node:crypto";
import { DaqError } from "../model/errors.ts";
import type { Readings, ReadingValue } from "../model/reading.ts";
import type { DataKey } from "./data-key.ts";
import type { Event } from "./event.ts";
import type { EventDescriptor } from "./event-descriptor.ts";
import type { EventPage } from "./event-page.ts";
import { secondsOf } from "./seconds-of.ts";
import { storingProblemOf } from "./storing-problem.ts";
import { valueProblem } from "./value-problem.ts";

/** Rows of one stream under one descriptor. */
export type ComposedDescriptor = {
  readonly descriptor: EventDescriptor;
  /**
   * One row. `readings` has each of the quantities that were described, and no other. `atNs`: when it was put together.
   * `sequenceNumber`: absent, the one after the last.
   */
  composeEvent(readings: Readings, atNs: bigint, sequenceNumber?: number): Event;
  /** Highest number so far. */
  readonly events: number;
};

/** The quantity that holds the time of another one, in integer nanoseconds. */
export function timeKeyOf(name: string): string {
  return name === "event" ? "time_ns" : `${name}_time_ns`;
}

function plain(value: ReadingValue): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Iterable<number | bigint>) : value;
}

type Column = { readonly name: string; readonly timeName: string; readonly key: DataKey };

/** `columns`: the quantities that devices give, without those of times. */
export function composeEvents(
  descriptor: EventDescriptor,
  columns: readonly Column[],
  counter: { events: number },
): ComposedDescriptor {
  const checked = columns.map((column) => ({ ...column, storingProblem: storingProblemOf(column.key) }));
  const streamName = descriptor.name ?? "";
  const refuse = (message: string, hint: string): never => {
    throw new DaqError("device", `Stream ${streamName}: ${message}`, { hint });
  };

  function checkNames(readings: Readings): void {
    const unknown = Object.keys(readings).find((name) => !Object.hasOwn(descriptor.data_keys, name));
    if (unknown !== undefined)
      refuse(
        `an event has a value for "${unknown}", which the stream's first event did not have.`,
        "Read the same devices for each event of a stream, or create a stream of another name.",
      );
  }

  return {
    descriptor,
    get events() {
      return counter.events;
    },
    composeEvent(readings, atNs, sequenceNumber = counter.events + 1) {
      const data: Record<string, unknown> = {};
      const timestamps: Record<string, number> = {};
      let given = 0;
      for (const { name, timeName, key, storingProblem } of checked) {
        const reading = readings[name];
        if (reading === undefined)
          return refuse(
            `an event has no value for "${name}".`,
            "A device that has no value gives null; read the same devices for each event of a stream.",
          );
        const problem = valueProblem(reading.value, key);
        if (problem !== undefined)
          refuse(`${name}: ${problem}.`, "The device's description and what it gives have to agree.");
        const unstorable = storingProblem?.(reading.value);
        if (unstorable !== undefined)
          refuse(
            `${name} ${unstorable}.`,
            typeof reading.value === "string"
              ? "The device's description says how long a text can get: maxBytes."
              : "The device's description and what it gives have to agree.",
          );
        const taken = secondsOf(reading.timestampNs);
        data[name] = plain(reading.value);
        data[timeName] = reading.timestampNs;
        timestamps[name] = taken;
        timestamps[timeName] = taken;
        given++;
      }
      if (Object.keys(readings).length !== given) checkNames(readings);
      const time = secondsOf(atNs);
      const eventTime = timeKeyOf("event");
      data[eventTime] = atNs;
      timestamps[eventTime] = time;
      counter.events = Math.max(counter.events, sequenceNumber);
      return {
        uid: randomUUID(),
        descriptor: descriptor.uid,
        seq_num: sequenceNumber,
        time,
        data,
        timestamps,
        filled: {},
      };
    },
  };
}

/** The same rows in columns. All events are of one descriptor; throws `DaqError("usage")` when not. */
export function composeEventPage(events: readonly Event[]): EventPage {
  const [first] = events;
  if (first === undefined || events.some(({ descriptor }) => descriptor !== first.descriptor))
    throw new DaqError(
      "usage",
      `A page holds events of one descriptor; these ${events.length} do not have one.`,
    );
  const names = Object.keys(first.data);
  const column = <Value>(of: (event: Event, name: string) => Value) =>
    Object.fromEntries(names.map((name) => [name, events.map((event) => of(event, name))]));
  return {
    uid: events.map(({ uid }) => uid),
    descriptor: first.descriptor,
    seq_num: events.map(({ seq_num }) => seq_num),
    time: events.map(({ time }) => time),
    data: column((event, name) => event.data[name]),
    timestamps: column((event, name) => event.timestamps[name]!),
    filled: {},
  };
}
