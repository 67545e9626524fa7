import type { NumberDType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { FileSummary } from "../contract.ts";
import { type Dataset, type OpenHdf5, openHdf5 } from "./open-hdf5.ts";
import { type RunFileContents, readRunFile } from "./run-file.ts";
import { streamLayouts } from "./stream-layout.ts";

/** What is in a file, from its headers; of the values only the first and last timestamps are read. */
export async function inspectHdf5(path: string): Promise<FileSummary> {
  const file = await openHdf5(path);
  try {
    const contents = readRunFile(file);
    return contents === undefined ? inspectForeign(file) : inspectOwn(file, contents);
  } finally {
    file.close();
  }
}

function inspectOwn(file: OpenHdf5, contents: RunFileContents): FileSummary {
  const notes: string[] = [];
  const { run, options, ledger, isComplete } = contents;
  const streams = streamLayouts(run.streams, options.chunkRows).map((layout) => {
    const times = readable(file, `/entry/${layout.group}/${layout.timestamps}`, notes);
    const first = readable(file, `/entry/${layout.group}/${layout.columns[0]!.name}`, notes);
    const records = (times ?? first)?.shape?.[0] ?? 0;
    const ends = times === undefined || records === 0 ? {} : timestampEnds(times, records, notes);
    return { schema: layout.stream, records, ...ends };
  });
  return {
    path: file.path,
    format: "hdf5",
    bytes: file.bytes,
    state: isComplete ? "complete" : "unfinished",
    run: run.info,
    streams,
    ...(isComplete && ledger !== undefined ? { ledger } : {}),
    notes,
  };
}

/** A damaged dataset is a note: what is left of the file can still be described. */
function readable(file: OpenHdf5, name: string, notes: string[]): Dataset | undefined {
  try {
    return file.dataset(name);
  } catch (error) {
    if (!(error instanceof DaqError)) throw error;
    notes.push(error.message);
    return undefined;
  }
}

function timestampEnds(
  times: Dataset,
  records: number,
  notes: string[],
): { firstTimestampNs?: string; lastTimestampNs?: string } {
  try {
    const at = (row: number) => String((times.slice([[row, row + 1]]) as BigInt64Array)[0]);
    return { firstTimestampNs: at(0), lastTimestampNs: at(records - 1) };
  } catch {
    const names = times.filters.map(({ name, id }) => `${name || "filter"} (${id})`).join(", ");
    notes.push(`The timestamps could not be read; their filters are: ${names || "none"}.`);
    return {};
  }
}

/** A file of another program: each dataset with rows is shown as a stream of one column. */
function inspectForeign(file: OpenHdf5): FileSummary {
  const streams: { schema: StreamSchema; records: number }[] = [];
  let skipped = 0;
  for (const name of file.root.paths()) {
    const dataset = file.dataset(`/${name}`);
    if (dataset === undefined) continue;
    const described = describe(name, dataset);
    if (described === undefined) skipped++;
    else streams.push(described);
  }
  const notes = ["Written by another program: each dataset is shown as a stream."];
  if (skipped > 0) notes.push(`${skipped} datasets are not arrays of numbers and are not shown.`);
  return { path: file.path, format: "hdf5", bytes: file.bytes, state: "complete", streams, notes };
}

function describe(path: string, dataset: Dataset): { schema: StreamSchema; records: number } | undefined {
  const { shape, dtype, attrs } = dataset;
  const element = typeof dtype === "string" ? dtypes[dtype.slice(1)] : undefined;
  if (shape === null || shape.length === 0 || element === undefined) return undefined;
  const [records, ...itemShape] = shape;
  const unit = attrs.units?.value;
  const schema = {
    name: path.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, 100),
    kind: itemShape.length > 0 ? "array" : "table",
    columns: [
      {
        name: path,
        dtype: element,
        shape: itemShape,
        dims: itemShape.map((_, index) => `dim_${index + 1}`),
        ...(typeof unit === "string" ? { unit } : {}),
      },
    ],
    source: "an HDF5 dataset",
    clock: "system",
  } as const;
  try {
    return { schema: parseStreamSchema(schema), records: records! };
  } catch {
    return undefined;
  }
}

/** h5wasm spells types as Python's struct module. */
const dtypes: Readonly<Record<string, NumberDType | undefined>> = {
  b: "int8",
  B: "uint8",
  h: "int16",
  H: "uint16",
  i: "int32",
  I: "uint32",
  q: "int64",
  Q: "uint64",
  f: "float32",
  d: "float64",
};
