import { columnFieldNames } from "../formats/csv/fields.ts";
import { streamLayouts } from "../formats/hdf5/stream-layout.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { type PartGroup, partGroups } from "./part-groups.ts";
import { zarrLines } from "./zarr-lines.ts";

/** What is in the files of a format, where the lines depend on it. */
export type StreamsOfFormats = {
  readonly hdf5?: readonly StreamSchema[];
  readonly csv?: readonly StreamSchema[];
};

/** The lines of Python that read these files with stock libraries. `isForeign`: another program laid them out. */
export function pythonLines(
  paths: readonly string[],
  isForeign = false,
  { hdf5: hdf5Streams = [], csv: csvStreams = [] }: StreamsOfFormats = {},
): string[] {
  const lines: string[] = [];
  const groups = partGroups(paths);
  const ofKind = (kind: RegExp) => groups.filter(({ path }) => kind.test(path));
  const arrow = ofKind(/\.arrow$/i);
  const csv = ofKind(/\.csv(\.gz)?$/i);
  const hdf5 = ofKind(/\.(h5|hdf5|nxs)$/i);
  const parquet = ofKind(/\.parquet$/i);
  const jsonl = ofKind(/\.jsonl$/i);
  const zarr = paths.filter((path) => /\.zarr$/i.test(path));
  const isInParts = ({ isPattern }: PartGroup): boolean => isPattern;
  const isWhole = ({ isPattern }: PartGroup): boolean => !isPattern;
  if (groups.some(isInParts)) lines.push("from glob import glob");
  if (hdf5.length > 0) lines.push("import h5py");
  if (jsonl.length > 0) lines.push("import json");
  if (arrow.some(isWhole)) lines.push("import pyarrow as pa");
  if ([...arrow, ...parquet].some(isInParts)) lines.push("import pyarrow.dataset as ds");
  if (parquet.some(isWhole)) lines.push("import pyarrow.parquet as pq");
  if (csv.length > 0) lines.push("import pandas as pd");
  if (zarr.length > 0) lines.push("import xarray as xr");
  for (const { path, isPattern } of hdf5) {
    const file = `h5py.File(${JSON.stringify(path)})`;
    if (isPattern) lines.push(`entries = [h5py.File(path)["entry"] for path in ${allOf(path)}]`);
    else if (isForeign) lines.push(`file = ${file}`);
    else lines.push(`entry = ${file}["entry"]`, ...datasetLines(hdf5Streams));
  }
  for (const { path, isPattern } of arrow)
    lines.push(
      isPattern
        ? `${variable(path)} = ds.dataset(${allOf(path)}, format="arrow").to_table()`
        : `${variable(path)} = pa.ipc.open_file(${JSON.stringify(path)}).read_all()`,
    );
  for (const { path, isPattern } of parquet)
    lines.push(
      isPattern
        ? `${variable(path)}_parquet = ds.dataset(${allOf(path)}).to_table()`
        : `${variable(path)}_parquet = pq.read_table(${JSON.stringify(path)})`,
    );
  for (const { path, isPattern } of csv) {
    const options = csvOptions(path, csvStreams);
    const table = (file: string): string => `pd.read_csv(${file}, ${options})`;
    lines.push(
      isPattern
        ? `${variable(path)}_table = pd.concat(${table("path")} for path in ${allOf(path)})`
        : `${variable(path)}_table = ${table(JSON.stringify(path))}`,
    );
  }
  for (const { path, isPattern } of jsonl) {
    const documents = `${variable(path)}_documents`;
    lines.push(
      isPattern
        ? `${documents} = [json.loads(line) for path in ${allOf(path)} for line in open(path)]`
        : `${documents} = [json.loads(line) for line in open(${JSON.stringify(path)})]`,
    );
  }
  for (const path of zarr) lines.push(...zarrLines(path, pythonName));
  return lines;
}

/** pandas takes texts such as "NA" for missing, unless it is told what is missing where. */
function csvOptions(path: string, streams: readonly StreamSchema[]): string {
  const exact = 'float_precision="round_trip"';
  const stream =
    streams.length === 1 ? streams[0] : streams.find(({ name }) => pythonName(name) === variable(path));
  if (stream === undefined || !stream.columns.some(({ dtype }) => dtype === "string")) return exact;
  const missing = stream.columns.flatMap((column) => {
    // Elements of lists have fields of their own.
    const names = columnFieldNames(column);
    const { dtype, nullable } = column;
    if (dtype === "float32" || dtype === "float64") return names.map((each) => [each, ["", "NaN"]]);
    return dtype !== "string" && nullable === true ? names.map((each) => [each, [""]]) : [];
  });
  if (missing.length > mostNamed) return exact;
  return `${exact}, keep_default_na=False, na_values=${JSON.stringify(Object.fromEntries(missing))}`;
}

/** A longer line helps nobody. */
const mostNamed = 24;
const mostDatasets = 8;

/** Where the values of each stream are. */
function datasetLines(streams: readonly StreamSchema[]): string[] {
  return streamLayouts(streams, undefined)
    .slice(0, mostDatasets)
    .map(({ stream, group, columns }) => {
      const name = pythonName(stream.name);
      const [first, ...more] = columns.map((column) => column.name);
      if (more.length === 0) return `${name} = entry[${JSON.stringify(`${group}/${first}`)}]`;
      const shown = [first, ...more.slice(0, 3)].join(", ");
      return `${name} = entry[${JSON.stringify(group)}]  # a dataset for each column: ${shown}${more.length > 3 ? ", …" : ""}`;
    });
}

/** The parts of a stream in their order. */
function allOf(pattern: string): string {
  return `sorted(glob(${JSON.stringify(pattern)}))`;
}

/** The stream's name where the file carries one, as a Python name. */
function variable(path: string): string {
  const name = path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/\.(arrow|parquet|csv|csv\.gz|jsonl)$/i, "")
    .replace(/_\*/, "");
  const part = name.includes(".") ? name.slice(name.indexOf(".") + 1) : "data";
  return pythonName(part);
}

function pythonName(text: string): string {
  const plain = text.replaceAll(/\W/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
