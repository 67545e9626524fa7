import type { Ledger } from "../../model/ledger.ts";
import type { Metadata } from "../../model/metadata.ts";
import type { Run } from "../../model/run.ts";
import { type Column, parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { FormatOptions } from "../contract.ts";
import type { Attributes, AttributeValue } from "./hierarchy/attributes.ts";

/** Names that readers act on, or that say something else here. */
const reservedNames = new Set([
  "creator",
  "start_time",
  "daq",
  "ome",
  "coordinates",
  "_ARRAY_DIMENSIONS",
  "_FillValue",
]);

/** What decides the layout of a run, so that the same can be declared again from the folder alone. */
export type LayoutOptions = Pick<FormatOptions, "compression" | "compressionLevel" | "chunkRows" | "zarr">;

/** What daq-storage reads again: the attribute `daq` of the root. */
export type RunRecord = {
  readonly run: Run;
  readonly options: LayoutOptions;
  readonly complete: boolean;
  readonly ledger?: Ledger;
};

/** The attributes of the root group: the keys of `[experiment]` as they are, and the run. */
export function rootAttributes({ run, options, complete, ledger }: RunRecord): Attributes {
  const { info } = run;
  const { name } = info.experiment;
  const startedAt = new Date(Number(BigInt(info.startedAtNs) / 1_000_000n));
  const result: Record<string, AttributeValue> = Object.create(null);
  Object.assign(result, {
    creator: `${info.software.name} ${info.software.version}`,
    host: info.host,
    start_time: isoTime(info.startedAtNs),
    date: localDate(startedAt),
  });
  if (typeof name === "string") result.experiment = name;
  Object.assign(result, withoutReserved(info.experiment));
  result.daq = plainJson({ complete, options, run, ...(ledger === undefined ? {} : { ledger }) });
  return result;
}

/** A key that readers act on gets "experiment." before it. */
function withoutReserved(experiment: Metadata): Attributes {
  return Object.fromEntries(
    Object.entries(experiment).map(([key, value]) => [
      reservedNames.has(key) ? `experiment.${key}` : key,
      value,
    ]),
  );
}

function plainJson(value: object): AttributeValue {
  return value as { readonly [name: string]: AttributeValue };
}

/** Undefined when another program wrote the store. Throws `DaqError("format")` for a schema that cannot be. */
export function runRecordOf(attributes: Attributes): RunRecord | undefined {
  const daq = attributes.daq as Partial<RunRecord> | undefined;
  if (typeof daq !== "object" || daq === null) return undefined;
  const { run, options, complete, ledger } = daq;
  if (!Array.isArray(run?.streams) || typeof run.info !== "object" || typeof options !== "object")
    return undefined;
  for (const stream of run.streams) parseStreamSchema(stream);
  return { run, options, complete: complete === true, ...(ledger === undefined ? {} : { ledger }) };
}

/** The attributes of a stream's group; at the root they stand beside those of the run, which go before. */
export function streamAttributes({ name, kind, source, clock, rateHz, metadata }: StreamSchema): Attributes {
  return {
    ...(metadata === undefined ? {} : withoutReserved(metadata)),
    title: name,
    source,
    clock,
    kind,
    ...(rateHz === undefined ? {} : { rate_hz: rateHz }),
  };
}

/** CF's words for nanoseconds of UTC; xarray makes datetime64 of it. */
export function timestampAttributes(clock: StreamSchema["clock"]): Attributes {
  return {
    units: "nanoseconds since 1970-01-01",
    calendar: "proleptic_gregorian",
    long_name: "time of the record, UTC",
    source: `${clock} clock`,
  };
}

export const sequenceAttributes: Attributes = {
  long_name: "number of the record since the start; where it jumps, records are lost",
};

/** CF's words: `units`, `long_name`, `scale_factor` and `add_offset` for raw counts. `name`: of the array. */
export function columnAttributes(column: Column, name: string, source: string): Attributes {
  return {
    ...(column.unit === undefined ? {} : { units: column.unit }),
    ...(column.description === undefined ? {} : { long_name: column.description }),
    ...(column.scale === undefined ? {} : { scale_factor: column.scale }),
    ...(column.offset === undefined ? {} : { add_offset: column.offset }),
    // Not CF's valid_range, which makes readers hide values, and is in raw counts.
    ...(column.range === undefined ? {} : { range: column.range }),
    ...(column.name === name ? {} : { column: column.name }),
    source,
  };
}

export function isoTime(ns: string): string {
  const value = BigInt(ns);
  const whole = new Date(Number(value / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(value % 1_000_000_000n).padStart(9, "0")}Z`;
}

function localDate(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
