import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { columnItemBytes } from "../../model/stream-schema.ts";
import { rowsPerChunkOf } from "./chunk-plan.ts";

/** A dimension after the first, with its coordinate: the index of each element. */
export type ScaleLayout = { readonly name: string; readonly dimension: string; readonly extent: number };

export type ColumnLayout = {
  readonly column: Column;
  /** The dataset of the values, and for nullable columns that of their validity. */
  readonly name: string;
  readonly validityName?: string;
  /** Names of the scales of the dimensions after the first. */
  readonly scales: readonly string[];
};

/** The datasets of one stream, by their names in the stream's group. */
export type StreamLayout = {
  readonly stream: StreamSchema;
  readonly group: string;
  readonly timestamps: string;
  readonly sequence: string;
  readonly columns: readonly ColumnLayout[];
  readonly scales: readonly ScaleLayout[];
  readonly rowsPerChunk: number;
};

/** Links at the root of the file: name → stream group and dataset. */
export type RootLink = { readonly name: string; readonly group: string; readonly dataset: string };

/** Names in /entry that are not streams. */
export const entryNames = [
  "title",
  "start_time",
  "end_time",
  "experiment",
  "instrument",
  "losses",
  "daq",
  "scan",
] as const;

/** A scan as arrays of its axes, in /entry. */
export const scanGroup = "scan";

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
  taken.add(name);
  return name;
}

export function streamLayouts(
  streams: readonly StreamSchema[],
  chunkRows: number | undefined,
): readonly StreamLayout[] {
  const groups = new Set<string>(entryNames);
  return streams.map((stream) => streamLayout(stream, freeName(stream.name, groups), chunkRows));
}

function streamLayout(stream: StreamSchema, group: string, chunkRows: number | undefined): StreamLayout {
  // Columns keep their names; what stands beside them makes room.
  const taken = new Set(stream.columns.map(({ name }) => name));
  const timestamps = freeName("timestamps", taken);
  const sequence = freeName("sequence", taken);
  const scales: ScaleLayout[] = [];
  const columns = stream.columns.map((column): ColumnLayout => {
    const used = new Set<string>();
    const names = column.shape.map((extent, index) => {
      const dimension = column.dims[index]!;
      // A dimension of a dataset has a scale of its own, also where two have the same name and length.
      const found = scales.find((s) => s.dimension === dimension && s.extent === extent && !used.has(s.name));
      const name = found?.name ?? freeName(isObjectName(dimension) ? dimension : `dim_${index + 1}`, taken);
      if (found === undefined) scales.push({ name, dimension, extent });
      used.add(name);
      return name;
    });
    const validity =
      column.nullable === true ? { validityName: freeName(`${column.name}_valid`, taken) } : {};
    return { column, name: column.name, ...validity, scales: names };
  });
  return {
    stream,
    group,
    timestamps,
    sequence,
    columns,
    scales,
    rowsPerChunk: rowsPerChunkOf(stream, chunkRows),
  };
}

/** HDF5 takes "/" for a path, "." for the group itself, and ends a name at NUL. */
export function isObjectName(name: string): boolean {
  return name.length > 0 && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");
}

/**
 * What a person finds at the root: everything of the one time series of the run, or of its only stream, so that
 * `f["timestamps"]` and `f["power"]` are there, and a reader of dimensions finds each of them. A stream of one column
 * also gives it its own name. Of several time series none is there: their timestamps would have one name.
 */
export function rootLinks(layouts: readonly StreamLayout[]): readonly RootLink[] {
  const tables = layouts.filter(({ stream }) => stream.kind === "table");
  const [shown, ...others] = tables.length > 0 ? tables : layouts;
  if (shown === undefined || others.length > 0) return [];
  const { group, stream, columns, scales, timestamps, sequence } = shown;
  const names = [
    timestamps,
    sequence,
    ...columns.flatMap(({ name, validityName }) =>
      validityName === undefined ? [name] : [name, validityName],
    ),
    ...scales.map(({ name }) => name),
  ];
  const links = names.map((name) => ({ name, group, dataset: name }));
  const isFree = columns.length === 1 && !names.includes(stream.name);
  if (isFree) links.push({ name: stream.name, group, dataset: columns[0]!.name });
  return links.filter(({ name }) => name !== "entry");
}

/** A sentence on the first thing of a stream that an HDF5 file cannot hold; undefined when there is none. */
export function refusal(stream: StreamSchema): string | undefined {
  for (const column of stream.columns) {
    if (column.name === "." || column.name === "..")
      return `HDF5 cannot hold a column named ${JSON.stringify(column.name)} of ${stream.name}: in a path it means a group. Rename the column, or use Arrow or CSV.`;
    if (!isObjectName(column.name))
      return `HDF5 cannot hold a column named ${JSON.stringify(column.name)} of ${stream.name}: "/" separates groups there. Rename the column, or use Arrow or CSV.`;
    if (column.name === "timestamps")
      return `HDF5 files have the times of the records under the name "timestamps", which is a column of ${stream.name}. Rename the column, or use Arrow or CSV.`;
    if (column.shape.length > 31)
      return `HDF5 cannot hold ${stream.name}.${column.name}: it has more than 31 dimensions. Use Arrow.`;
    if (columnItemBytes(column) > 2 ** 31)
      return `HDF5 cannot hold ${stream.name}.${column.name}: one record has more than 2 GiB. Use Zarr.`;
  }
  return undefined;
}
