import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import { nanosecondsOf } from "../../documents/seconds-of.ts";
import type { RecordsToWrite } from "../../model/frame-sink.ts";
import { type MetadataValue, toJson } from "../../model/metadata.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { type EventColumn, eventColumn } from "./event-column.ts";

/** Rows that go to a ring at once. */
export const rowsAtOnce = 256;

const mostDescriptorBytes = 32 * 1024;

const numberColumn: Column = {
  name: "seq_num",
  dtype: "int64",
  shape: [],
  dims: [],
  description: "number of the event in its stream, from 1",
};

/**
 * Events of one stream as rows of numbers: `seq_num`, then each quantity and its time in nanoseconds. The record's own
 * timestamp is the time of the event.
 */
export class EventTable {
  readonly schema: StreamSchema;
  readonly #columns: readonly EventColumn[];
  readonly #timestamps: BigInt64Array<ArrayBuffer>;
  readonly #numbers: BigInt64Array<ArrayBuffer>;
  readonly #numberBytes: Uint8Array<ArrayBuffer>;
  #rows = 0;

  /** `rows`: there is memory for so many. */
  constructor(descriptor: EventDescriptor, rows: number = rowsAtOnce) {
    this.#timestamps = new BigInt64Array(rows);
    this.#numbers = new BigInt64Array(rows);
    this.#numberBytes = new Uint8Array(this.#numbers.buffer);
    const name = descriptor.name ?? "primary";
    const keys = Object.entries(descriptor.data_keys).filter(
      ([, { external, time_of: of }]) => !external?.startsWith("STREAM:") && of !== "event",
    );
    this.#columns = keys.map(([key, dataKey]) => eventColumn(name, key, dataKey, rows));
    this.schema = {
      name,
      kind: "table",
      source: "events of a plan",
      clock: "system",
      columns: [numberColumn, ...this.#columns.map(({ column }) => column)],
      metadata: { configuration: settingsIn(descriptor), ...descriptorIn(descriptor) },
    };
  }

  /** Rows that `take` would give. */
  get rows(): number {
    return this.#rows;
  }

  /** `take` comes when the memory is full, at the latest. */
  add({ seq_num: number, data, time }: Event): void {
    const row = this.#rows;
    const exact = data.time_ns;
    this.#timestamps[row] = typeof exact === "bigint" ? exact : nanosecondsOf(time);
    this.#numbers[row] = BigInt(number);
    for (const { column, set } of this.#columns) set(row, data[column.name]);
    this.#rows++;
  }

  /** What was added since the last call, in memory that is used again; undefined when nothing was. */
  take(): RecordsToWrite | undefined {
    const count = this.#rows;
    if (count === 0) return undefined;
    this.#rows = 0;
    return {
      count,
      timestampNs: this.#timestamps[0]!,
      timestampsNs: this.#timestamps.subarray(0, count),
      columns: [
        this.#numberBytes.subarray(0, 8 * count),
        ...this.#columns.map(({ column, bytes }) => bytes.subarray(0, count * columnItemBytes(column))),
      ],
      validity: [undefined, ...this.#columns.map(({ validity }) => validity?.subarray(0, count))],
    };
  }
}

/** The whole document, for who takes the run up again; a ring has 256 KiB for all that describes a run. */
function descriptorIn(descriptor: EventDescriptor): { readonly descriptor?: string } {
  const text = toJson(descriptor);
  return text.length > mostDescriptorBytes ? {} : { descriptor: text };
}

/** The settings of the stream's devices, without what is null, which metadata cannot be. */
function settingsIn({ configuration = {} }: EventDescriptor): MetadataValue {
  return Object.fromEntries(
    Object.entries(configuration).map(([device, { data = {} }]) => [
      device,
      Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)) as MetadataValue,
    ]),
  );
}
