import { timeKeyOf } from "../../documents/compose-event.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";

/** The column with the time of each value, for those columns that have one: in the tables of a plan they do. */
export function timeColumnsOf({ columns }: StreamSchema): ReadonlyMap<string, string> {
  const times = columns.filter(
    ({ dtype, shape, nullable }) => dtype === "int64" && shape.length === 0 && nullable !== true,
  );
  const names = new Set(times.map(({ name }) => name));
  return new Map(
    columns
      .filter(({ name }) => name !== "event" && names.has(timeKeyOf(name)))
      .map(({ name }) => [name, timeKeyOf(name)]),
  );
}
