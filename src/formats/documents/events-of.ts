import { timeKeyOf } from "../../documents/compose-event.ts";
import type { DataKey } from "../../documents/data-key.ts";
import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import { secondsOf } from "../../documents/seconds-of.ts";
import type { Batch, ColumnValues } from "../../model/batch.ts";
import { elementReader } from "../../model/element-reader.ts";
import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";

type Key = {
  readonly name: string;
  readonly timeName: string;
  valueAt(row: number): unknown;
  timeAt(row: number): bigint;
};

/**
 * The rows of a stream as the events that they were, the inverse of an `EventTable`. A row has no uid: its event gets one of
 * the descriptor's and its number. Throws `DaqError("format")` where the rows are not those of the descriptor.
 */
export function* eventsOf(batch: Batch, descriptor: EventDescriptor): Generator<Event, void, void> {
  const { count, timestampsNs } = batch;
  const numbers = column(batch, "seq_num").valueAt;
  const keys = keysOf(batch, descriptor);
  const eventTime = timeKeyOf("event");
  for (let row = 0; row < count; row++) {
    const data: Record<string, unknown> = {};
    const timestamps: Record<string, number> = {};
    for (const { name, timeName, valueAt, timeAt } of keys) {
      const timeNs = timeAt(row);
      data[name] = valueAt(row);
      data[timeName] = timeNs;
      timestamps[name] = secondsOf(timeNs);
      timestamps[timeName] = timestamps[name];
    }
    const time = secondsOf(timestampsNs[row]!);
    data[eventTime] = timestampsNs[row]!;
    timestamps[eventTime] = time;
    const number = Number(numbers(row));
    yield {
      uid: `${descriptor.uid}/${number}`,
      descriptor: descriptor.uid,
      seq_num: number,
      time,
      data,
      timestamps,
      filled: {},
    };
  }
}

function keysOf(batch: Batch, { data_keys: dataKeys }: EventDescriptor): readonly Key[] {
  return Object.entries(dataKeys)
    .filter(([, { time_of: of, external }]) => of === undefined && !external?.startsWith("STREAM:"))
    .map(([name, key]) => {
      const timeName = timeKeyOf(name);
      return {
        name,
        timeName,
        valueAt: asRead(column(batch, name), key),
        timeAt: column(batch, timeName).valueAt as (row: number) => bigint,
      };
    });
}

type Values = { readonly schema: Column; valueAt(row: number): unknown };

/** A value is null where it is missing, and a list where the column has a shape. */
function column({ stream, columns }: Batch, name: string): Values {
  const index = stream.columns.findIndex((each) => each.name === name);
  const schema = stream.columns[index];
  if (schema === undefined)
    throw new DaqError("format", `Stream ${stream.name} has no column ${name}, which its descriptor has.`, {
      hint: "The file was changed by another program. Restore it from a copy.",
    });
  const { bytes, validity }: ColumnValues = columns[index]!;
  const elementAt = elementReader(schema, bytes);
  const extent = schema.shape.reduce((product, size) => product * size, 1);
  const isList = schema.shape.length > 0;
  return {
    schema,
    valueAt(row) {
      if (validity?.[row] === 0) return null;
      return isList
        ? Array.from({ length: extent }, (_, index) => elementAt(row * extent + index))
        : elementAt(row);
    },
  };
}

/** As the device gave it: what a table has as a number may have been a switch, one of a few texts, or an integer. */
function asRead({ schema, valueAt }: Values, key: DataKey): (row: number) => unknown {
  const { choices } = key;
  if (key.dtype === "boolean") return (row) => mapped(valueAt(row), (value) => Number(value) !== 0);
  if (key.dtype === "string" && choices !== undefined)
    return (row) => mapped(valueAt(row), (value) => choices[Number(value)]);
  if (schema.dtype === "int64" || schema.dtype === "uint64")
    return (row) =>
      mapped(valueAt(row), (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
  return valueAt;
}

function mapped(value: unknown, map: (value: unknown) => unknown): unknown {
  if (value === null) return null;
  return Array.isArray(value) ? value.map(map) : map(value);
}
