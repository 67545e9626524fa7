import { timeKeyOf } from "../../documents/compose-event.ts";
import type { DataKey } from "../../documents/data-key.ts";
import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import { nanosecondsOf } from "../../documents/seconds-of.ts";
import { type StoringProblem, storingProblemOf } from "../../documents/storing-problem.ts";
import { textRoomOf } from "../../documents/text-room.ts";
import { DaqError } from "../../model/errors.ts";
import { indexColumns } from "../../model/stream-schema.ts";
import { mostTextBytes, usualTextBytes } from "../../model/text-values.ts";
import { eventColumn } from "./event-column.ts";

/** Names that mean something of their own in every table of events. */
const taken: readonly string[] = ["seq_num", timeKeyOf("event"), ...indexColumns];

/** What a table can hold of a stream, in the words of our own descriptors. */
export type TableKeys = {
  readonly descriptor: EventDescriptor;
  /** Data keys that are not in the table, each with the reason. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** An event with the values of these keys. Throws `DaqError("format")` for a value that is not what the stream began with. */
  rowOf(event: Event): Event;
};

type Key = {
  readonly column: string;
  readonly name: string;
  readonly dataKey: DataKey;
  readonly storingProblem: StoringProblem | undefined;
  /** The descriptor says that its values are elsewhere, and the events have them nevertheless. */
  readonly isFilled: boolean;
  /** Absent where the stream has it as a quantity of its own. */
  readonly timeColumn?: string;
};

/**
 * Other programs' streams in the words of ours: the time of each value as a quantity, an array without `dtype_numpy` as one of
 * numbers. `first`, an event of the stream, tells what a descriptor does not: whether values that are elsewhere were put in.
 */
export function tableKeys(descriptor: EventDescriptor, first?: Event): TableKeys {
  const leftOut = new Map<string, string>();
  const keys: Key[] = [];
  const timesOf = new Set(Object.values(descriptor.data_keys).map(({ time_of: of }) => of));
  const used = new Set([
    ...taken,
    ...Object.keys(descriptor.data_keys).filter((key) => !taken.includes(key)),
  ]);
  const free = (wanted: string): string => {
    let name = wanted;
    for (let count = 2; used.has(name); count++) name = `${wanted}_${count}`;
    used.add(name);
    return name;
  };
  for (const [name, dataKey] of Object.entries(descriptor.data_keys)) {
    const reason = reasonAgainst(name, dataKey, first);
    if (reason !== undefined) {
      leftOut.set(name, reason);
      continue;
    }
    const isTime = dataKey.time_of !== undefined;
    const described = asOurs(dataKey, first?.data[name]);
    keys.push({
      name,
      column: taken.includes(name) && dataKey.time_of !== "event" ? free(name) : name,
      dataKey: described,
      storingProblem: storingProblemOf(described),
      isFilled: Boolean(dataKey.external),
      ...(isTime || timesOf.has(name) ? {} : { timeColumn: free(timeKeyOf(name)) }),
    });
  }
  const inTable = keys.filter(({ name, dataKey }) => {
    const reason = unwritable(descriptor, name, dataKey, first);
    if (reason !== undefined) leftOut.set(name, reason);
    return reason === undefined;
  });
  return {
    descriptor: {
      ...descriptor,
      data_keys: Object.fromEntries(
        inTable.flatMap(({ column, dataKey, timeColumn }) => [
          [column, dataKey],
          ...(timeColumn === undefined ? [] : [[timeColumn, timeKey(column, dataKey)]]),
        ]),
      ),
    },
    leftOut,
    rowOf: (event) => rowOf(event, inTable, descriptor.name ?? "primary"),
  };
}

/** Why the values of a key are not in the events at all. */
function reasonAgainst(name: string, { external }: DataKey, first: Event | undefined): string | undefined {
  const isFilled = first?.filled?.[name];
  if (external && isFilled !== true) return "its values are in other files.";
  if (isFilled !== undefined && isFilled !== true) return "its values are in other files.";
  return undefined;
}

function asOurs({ external: _, ...dataKey }: DataKey, first: unknown): DataKey {
  const { dtype, dtype_numpy: numpy, shape } = dataKey;
  if (dtype === "string" && shape.length === 0 && dataKey.choices === undefined)
    return { ...dataKey, dtype_numpy: `|S${roomFor(dataKey, first)}` };
  const isBare = dtype === "array" && (numpy === undefined || numpy === "") && shape.length > 0;
  return {
    ...dataKey,
    ...(isBare ? { dtype_numpy: "<f8" } : {}),
    // JSON has the number, in whatever order its bytes were.
    ...(typeof numpy === "string" && numpy.startsWith(">") ? { dtype_numpy: `<${numpy.slice(1)}` } : {}),
  };
}

/** What other programs say of a text's length is often that of the first one, and later ones are longer. */
function roomFor(dataKey: DataKey, first: unknown): number {
  const seen = typeof first === "string" ? Buffer.byteLength(first) : 0;
  return Math.min(mostTextBytes, Math.max(usualTextBytes, textRoomOf(dataKey), 4 * seen));
}

function timeKey(column: string, { object_name: objectName }: DataKey): DataKey {
  return {
    source: "the time of the value, UTC since 1970",
    dtype: "integer",
    dtype_numpy: "<i8",
    shape: [],
    units: "ns",
    time_of: column,
    ...(objectName === undefined ? {} : { object_name: objectName }),
  };
}

function unwritable(
  { name: stream = "primary" }: EventDescriptor,
  name: string,
  dataKey: DataKey,
  first: Event | undefined,
): string | undefined {
  try {
    eventColumn(stream, name, dataKey, 1);
    if (first !== undefined && isOfNumbers(dataKey)) numbersIn(first.data[name], name);
    return undefined;
  } catch (error) {
    if (error instanceof DaqError) return error.message.replace(`Stream ${stream}: `, "");
    throw error;
  }
}

const notFinite: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** JSON's texts for the numbers that it does not have become these. */
function numbersIn(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => numbersIn(item, name));
  if (typeof value !== "string") return value;
  const number = notFinite[value];
  if (number === undefined)
    throw new DaqError(
      "format",
      `${name} has the text ${JSON.stringify(value)} where numbers were described.`,
      {
        hint: "The descriptor has to say what the events hold; correct the program that wrote it.",
      },
    );
  return number;
}

function isOfNumbers({ dtype, dtype_numpy: numpy, shape }: DataKey): boolean {
  const isOfTexts = dtype === "string" || (typeof numpy === "string" && /^[<>|]?[SUTO]/.test(numpy));
  return dtype === "number" || (shape.length > 0 && !isOfTexts);
}

function rowOf(event: Event, keys: readonly Key[], stream: string): Event {
  const data: Record<string, unknown> = {};
  for (const { name, column, dataKey, storingProblem, isFilled, timeColumn } of keys) {
    const value = event.data[name];
    if (event.filled?.[name] === false || (isFilled && event.filled?.[name] !== true))
      throw new DaqError("format", `The value of ${name} in event ${event.seq_num} is in another file.`, {
        hint: "The events before it had theirs. Fill all events of a stream, or none.",
      });
    const problem = storingProblem?.(value);
    if (problem !== undefined)
      throw new DaqError("format", `Stream ${stream}: ${name} ${problem}.`, {
        hint: "The descriptor has to say what the events hold; correct the program that wrote it.",
      });
    data[column] = isOfNumbers(dataKey) ? numbersIn(value, name) : value;
    if (timeColumn !== undefined) data[timeColumn] = nanosecondsOf(event.timestamps[name] ?? event.time);
  }
  return { ...event, data };
}
