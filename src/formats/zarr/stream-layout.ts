import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { ZarrOptions } from "../contract.ts";
import { chunkItemShapeOf, type StreamPlan, streamPlanOf } from "./chunk-plan.ts";

export type ColumnLayout = {
  readonly column: Column;
  /** The array of the values, and for nullable columns that of their validity. */
  readonly name: string;
  readonly validityName?: string;
  /** Names of the dimensions after the first. */
  readonly dimensions: readonly string[];
};

/** The arrays of one stream, by their names in the stream's group. */
export type StreamLayout = {
  readonly stream: StreamSchema;
  /** "" is the root. */
  readonly group: string;
  /** The array of the times, and the name of the first dimension of every array. */
  readonly timestamps: string;
  readonly sequence: string;
  readonly columns: readonly ColumnLayout[];
  readonly plan: StreamPlan;
};

export const lossesGroup = "losses";
/** A scan as arrays of its axes. */
export const scanGroup = "scan";
/** The groups of smaller images: `level_1` has half the size. */
export const levelPrefix = "level_";

/** The only stream of a run has its arrays at the root, where `xarray.open_zarr(path)` looks; of several, each has a group. */
export function streamLayouts(
  streams: readonly StreamSchema[],
  chunkRows: number | undefined,
  zarr: ZarrOptions,
): readonly StreamLayout[] {
  const groups = new Set<string>([lossesGroup, scanGroup]);
  const [only, ...others] = streams;
  const isAtRoot = only !== undefined && others.length === 0 && !only.columns.some(isGroupName);
  return streams.map((stream) =>
    streamLayout(
      stream,
      isAtRoot ? "" : freeName(nodeName(stream.name), groups),
      streamPlanOf(stream, chunkRows, zarr),
    ),
  );
}

function isGroupName({ name }: Column): boolean {
  return name === lossesGroup || name === scanGroup || name.startsWith(levelPrefix);
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
  taken.add(name);
  return name;
}

function streamLayout(stream: StreamSchema, group: string, plan: StreamPlan): StreamLayout {
  const taken = new Set([lossesGroup]);
  // Columns keep their names; what stands beside them makes room. xarray has arrays and dimensions in one space of names.
  const names = stream.columns.map(({ name }) => freeName(nodeName(name), taken));
  const timestamps = freeName("timestamps", taken);
  const sequence = freeName("sequence", taken);
  const known: { readonly name: string; readonly dimension: string; readonly extent: number }[] = [];
  const columns = stream.columns.map((column, number): ColumnLayout => {
    const used = new Set<string>();
    const dimensions = column.shape.map((extent, index) => {
      const dimension = column.dims[index]!;
      // A name stands for one length, and for one dimension of an array.
      const found = known.find((d) => d.dimension === dimension && d.extent === extent && !used.has(d.name));
      const name = found?.name ?? freeName(dimension === "" ? `dim_${index + 1}` : dimension, taken);
      if (found === undefined) known.push({ name, dimension, extent });
      used.add(name);
      return name;
    });
    const name = names[number]!;
    const validity = column.nullable === true ? { validityName: freeName(`${name}_valid`, taken) } : {};
    return { column, name, ...validity, dimensions };
  });
  return { stream, group, timestamps, sequence, columns, plan };
}

const mostNameBytes = 200;

/** The name of an array or a group: arrays are folders, and some names mean something to a store. */
function nodeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be replaced.
  const plain = name.toWellFormed().replaceAll(/[\u0000-\u001f\u007f/\\]/g, "_");
  const free =
    plain.startsWith(".") || plain.startsWith("__") || plain === "zarr.json" ? `array_${plain}` : plain;
  return Buffer.from(free === "" ? "array" : free)
    .subarray(0, mostNameBytes)
    .toString()
    .replaceAll("\ufffd", "_");
}

/** What the specification of Blosc lets a chunk have. */
const largestChunkBytes = 2 ** 31 - 17;

/** A sentence on the first thing of a stream that a Zarr hierarchy cannot hold; undefined when there is none. */
export function refusal(stream: StreamSchema): string | undefined {
  for (const column of stream.columns) {
    const shown = `${stream.name}.${column.name}`;
    if (column.shape.length > 31)
      return `Zarr cannot hold ${shown}: it has more than 31 dimensions. Use arrow.`;
    const chunkBytes = chunkItemShapeOf(column).reduce(
      (product, extent) => product * extent,
      columnItemBytes({ ...column, shape: [] }),
    );
    if (chunkBytes > largestChunkBytes)
      return `Zarr cannot hold ${shown}: a line of a record has more than 2 GiB. Use arrow.`;
  }
  return undefined;
}
