import type { Batch, ColumnValues } from "../../model/batch.ts";
import { brokenRow } from "../../model/broken-row.ts";
import { DaqError } from "../../model/errors.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import { rowsPerRead } from "../rows-per-read.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { type Dataset, type OpenHdf5, openHdf5 } from "./open-hdf5.ts";
import { readRunFile } from "./run-file.ts";
import { type StreamLayout, streamLayouts } from "./stream-layout.ts";

/** The records of one stream of a finished file of daq-storage, some chunks at a time. */
export async function* readHdf5(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  const file = await openHdf5(path);
  try {
    const contents = readRunFile(file);
    if (contents === undefined) throw notRecords(path, "another program wrote this HDF5 file");
    if (!contents.isComplete) throw unfinished(path);
    const layout = streamLayouts(contents.run.streams, contents.options.chunkRows).find(
      (found) => found.stream.name === stream,
    );
    if (layout === undefined) throw noSuchStream(path, stream);
    if (contents.options.index !== "full") throw notRecords(path, "its records have no times");
    yield* batchesOf(file, layout);
  } finally {
    file.close();
  }
}

function* batchesOf(file: OpenHdf5, layout: StreamLayout): Generator<Batch, void, void> {
  const { stream, rowsPerChunk } = layout;
  const column = (name: string): DatasetRows => new DatasetRows(file, `/entry/${layout.group}/${name}`);
  const timestamps = column(layout.timestamps);
  const sequence = column(layout.sequence);
  const columns = layout.columns.map(({ column: schema, name, validityName }) => ({
    values: column(name),
    schema,
    itemBytes: columnItemBytes(schema),
    ...(validityName === undefined ? {} : { validity: column(validityName) }),
  }));
  const { rows } = timestamps;
  for (const part of [sequence, ...columns.flatMap(({ values, validity }) => [values, validity ?? values])])
    part.expectRows(rows);
  const step = rowsPerRead(stream, rowsPerChunk);
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(rows, from + step);
    yield {
      stream,
      count: to - from,
      timestampsNs: timestamps.int64s(from, to),
      sequences: sequence.int64s(from, to),
      columns: columns.map(({ values, validity, schema, itemBytes }): ColumnValues => {
        const isText = schema.dtype === "string";
        const bytes = isText ? values.cells(from, to, itemBytes) : values.bytes(from, to, itemBytes);
        const mask = validity?.flags(from, to);
        values.expectValues(schema, from, bytes, mask);
        return mask === undefined ? { bytes } : { bytes, validity: mask };
      }),
    };
  }
}

/** Rows of one dataset, read by the HDF5 library. */
class DatasetRows {
  readonly rows: number;
  readonly #where: string;
  readonly #file: OpenHdf5;
  readonly #dataset: Dataset;

  constructor(file: OpenHdf5, name: string) {
    this.#where = `${file.path}: ${name}`;
    const dataset = file.dataset(name);
    if (dataset === undefined) throw this.#damaged("is missing");
    this.#file = file;
    this.#dataset = dataset;
    this.rows = dataset.shape?.[0] ?? 0;
  }

  expectRows(rows: number): void {
    if (this.rows !== rows) throw this.#damaged(`has ${this.rows} records, where the times are ${rows}`);
  }

  int64s(from: number, to: number): BigInt64Array {
    const values = this.#slice(from, to);
    if (values instanceof BigInt64Array && values.length === to - from) return values;
    throw this.#damaged("does not hold 64-bit integers");
  }

  bytes(from: number, to: number, itemBytes: number): Uint8Array {
    const values = this.#slice(from, to);
    if (ArrayBuffer.isView(values) && values.byteLength === (to - from) * itemBytes)
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    throw this.#damaged("is not of the type and shape that the run declared");
  }

  /** Texts in cells of so many bytes. */
  cells(from: number, to: number, itemBytes: number): Uint8Array {
    const { shape, dtype } = this.#dataset;
    const isText = dtype === `A${itemBytes}` || dtype === `S${itemBytes}`;
    if (!isText || shape?.length !== 1)
      throw this.#damaged(`does not hold texts of at most ${itemBytes} bytes`);
    return this.#read(from, to, () => this.#file.textCells(this.#dataset, from, to));
  }

  /** Throws `DaqError("format")` where bytes of a text or a bool are none. */
  expectValues(column: Column, from: number, bytes: Uint8Array, validity: Uint8Array | undefined): void {
    const broken = brokenRow(column, bytes, validity);
    if (broken === undefined) return;
    const what = column.dtype === "bool" ? "neither 0 nor 1" : "no text: it is not UTF-8, or has a NUL";
    throw this.#damaged(`has as record ${from + broken} what is ${what}`);
  }

  flags(from: number, to: number): Uint8Array {
    const values = this.#slice(from, to) as ArrayLike<unknown>;
    return Uint8Array.from({ length: to - from }, (_, row) => (values[row] ? 1 : 0));
  }

  #slice(from: number, to: number): unknown {
    return this.#read(from, to, () => this.#dataset.slice([[from, to]]));
  }

  #read<Values>(from: number, to: number, read: () => Values): Values {
    try {
      return read();
    } catch (cause) {
      const filters = this.#dataset.filters.map(({ name, id }) => `${name || "filter"} (${id})`).join(", ");
      throw new DaqError("format", `${this.#where}: records ${from} to ${to} cannot be read.`, {
        hint: `Their filters are: ${filters || "none"}. For those of plugins, \`npm install h5wasm-plugins\` beside daq-storage; otherwise the file is damaged there.`,
        cause,
      });
    }
  }

  #damaged(problem: string): DaqError {
    return new DaqError("format", `${this.#where} ${problem}.`, {
      hint: "The file is damaged, or was changed by another program. Restore it from a copy.",
    });
  }
}
