import { deflateSync } from "node:zlib";
import type { ByteSink } from "../../src/bytes/byte-sink.ts";
import { floatType, integerType } from "../../src/formats/hdf5/file/datatype.ts";
import type { Filter } from "../../src/formats/hdf5/file/filter-pipeline.ts";
import type { GrowingDataset } from "../../src/formats/hdf5/file/growing-dataset.ts";
import { Hdf5File, type Hdf5FileOptions } from "../../src/formats/hdf5/file/hdf5-file.ts";

/** A dataset whose value in row `r` at place `j` is `(31 r + 7 j + salt) mod modulus`: any reader can check it. */
export type Series = {
  readonly path: string;
  readonly dtype: "uint8" | "uint16" | "int64" | "float32";
  readonly item: readonly number[];
  readonly tile?: readonly number[];
  readonly rowsPerChunk: number;
  readonly filters: "none" | "deflate" | "shuffle and deflate";
  readonly modulus: number;
  readonly salt: number;
};

/** What this layer has to get right: unfiltered and filtered, whole and open chunks, tiles with an edge, one row a chunk. */
export const everySeries: readonly Series[] = [
  {
    path: "/entry/time",
    dtype: "int64",
    item: [],
    rowsPerChunk: 8,
    filters: "none",
    modulus: 2 ** 40,
    salt: 0,
  },
  {
    path: "/entry/tiles",
    dtype: "uint16",
    item: [6, 5],
    tile: [4, 5],
    rowsPerChunk: 1,
    filters: "none",
    modulus: 65521,
    salt: 1,
  },
  {
    path: "/entry/packed",
    dtype: "float32",
    item: [3],
    rowsPerChunk: 10,
    filters: "shuffle and deflate",
    modulus: 65521,
    salt: 2,
  },
  {
    path: "/entry/slow",
    dtype: "uint16",
    item: [],
    rowsPerChunk: 7,
    filters: "deflate",
    modulus: 65521,
    salt: 3,
  },
  {
    path: "/entry/frames",
    dtype: "uint8",
    item: [7],
    rowsPerChunk: 1,
    filters: "deflate",
    modulus: 251,
    salt: 4,
  },
];

const elementBytes = { uint8: 1, uint16: 2, int64: 8, float32: 4 } as const;

function filtersOf({ filters, dtype }: Series): Filter[] {
  const deflate = { id: 1, flags: 1, values: [1] };
  if (filters === "none") return [];
  return filters === "deflate" ? [deflate] : [{ id: 2, flags: 1, values: [elementBytes[dtype]] }, deflate];
}

function datatypeOf({ dtype }: Series) {
  return dtype === "float32" ? floatType(4) : integerType(elementBytes[dtype], dtype === "int64");
}

/** Rows of a series as bytes, in the shape of a chunk: from a row on, of a tile. */
function rowsOf(series: Series, from: number, count: number, rowTile: number): Uint8Array {
  const width = elementBytes[series.dtype];
  const tile = series.tile ?? series.item;
  const perRow = tile.reduce((product, extent) => product * extent, 1);
  const bytes = new Uint8Array(count * perRow * width);
  const view = new DataView(bytes.buffer);
  const inRow = series.item.slice(1).reduce((product, extent) => product * extent, 1);
  const lines = series.item[0] ?? 1;
  for (let row = 0; row < count; row++)
    for (let index = 0; index < perRow; index++) {
      const line = rowTile * (tile[0] ?? 1) + Math.floor(index / inRow);
      if (line >= lines) continue;
      const place = series.item.length === 0 ? 0 : rowTile * (tile[0] ?? 1) * inRow + index;
      const value = ((from + row) * 31 + place * 7 + series.salt) % series.modulus;
      const at = (row * perRow + index) * width;
      if (series.dtype === "int64") view.setBigInt64(at, BigInt(value), true);
      else if (series.dtype === "float32") view.setFloat32(at, value, true);
      else if (series.dtype === "uint16") view.setUint16(at, value, true);
      else view.setUint8(at, value);
    }
  return bytes;
}

function shuffled(bytes: Uint8Array, width: number): Uint8Array {
  const count = bytes.byteLength / width;
  const planes = new Uint8Array(bytes.byteLength);
  for (let element = 0; element < count; element++)
    for (let byte = 0; byte < width; byte++) planes[byte * count + element] = bytes[element * width + byte]!;
  return planes;
}

/** Grows one series in its dataset. */
class SeriesRows {
  readonly #series: Series;
  readonly #dataset: GrowingDataset;
  #rows = 0;
  #wholeChunks = 0;
  #publishedInChunk = 0;

  constructor(series: Series, dataset: GrowingDataset) {
    this.#series = series;
    this.#dataset = dataset;
  }

  async grow(rows: number): Promise<void> {
    const { rowsPerChunk, filters, dtype } = this.#series;
    for (; (this.#wholeChunks + 1) * rowsPerChunk <= rows; this.#wholeChunks++) {
      for (let tile = 0; tile < this.#dataset.chunksPerRowBlock; tile++) {
        const raw = rowsOf(this.#series, this.#wholeChunks * rowsPerChunk, rowsPerChunk, tile);
        if (this.#publishedInChunk > 0 && filters === "none") {
          await this.#dataset.setOpenChunk(raw, (this.#publishedInChunk * raw.byteLength) / rowsPerChunk);
          this.#dataset.completeOpenChunk();
        } else if (filters === "none") await this.#dataset.appendChunk([raw.subarray(0, 1), raw.subarray(1)]);
        else {
          const planes = filters === "deflate" ? raw : shuffled(raw, elementBytes[dtype]);
          await this.#dataset.appendChunk([deflateSync(planes, { level: 1 })]);
        }
      }
      this.#publishedInChunk = 0;
    }
    this.#rows = rows;
  }

  async publish(): Promise<void> {
    const { rowsPerChunk } = this.#series;
    const open = this.#rows - this.#wholeChunks * rowsPerChunk;
    if (open > 0) {
      const filled = rowsOf(this.#series, this.#rows - open, open, 0);
      const raw = new Uint8Array((filled.byteLength / open) * rowsPerChunk);
      raw.set(filled);
      const from = (filled.byteLength / open) * this.#publishedInChunk;
      await this.#dataset.setOpenChunk(raw, from, filled.byteLength);
      this.#publishedInChunk = open;
    }
    this.#dataset.setRows(this.#rows);
  }

  /** Goes on behind what the file has; the open chunk has to be there. */
  async restore(): Promise<number> {
    const { rowsPerChunk } = this.#series;
    this.#rows = this.#dataset.rows;
    this.#wholeChunks = Math.floor(this.#rows / rowsPerChunk);
    const open = this.#rows % rowsPerChunk;
    this.#publishedInChunk = open;
    if (open === 0) return this.#rows;
    const found = await this.#dataset.openChunk();
    const expected = rowsOf(this.#series, this.#rows - open, open, 0);
    if (found === undefined || Buffer.compare(found.subarray(0, expected.byteLength), expected) !== 0)
      throw new Error(`${this.#series.path}: the open chunk of ${this.#rows} rows is not what was written`);
    return this.#rows;
  }
}

/** A file of series that grow together. */
export class SeriesFile {
  readonly file: Hdf5File;
  readonly #rows: readonly SeriesRows[];

  private constructor(file: Hdf5File, rows: readonly SeriesRows[]) {
    this.file = file;
    this.#rows = rows;
  }

  static async declare(
    sink: ByteSink,
    series: readonly Series[],
    options: Hdf5FileOptions,
  ): Promise<SeriesFile> {
    const file = await Hdf5File.create(sink, options);
    const entry = file.root.group("entry", { NX_class: "NXentry", note: "grows" });
    let time: GrowingDataset | undefined;
    const rows = series.map((one) => {
      const dataset = entry.dataset(one.path.slice("/entry/".length), {
        datatype: datatypeOf(one),
        itemShape: one.item,
        ...(one.tile === undefined ? {} : { chunkItemShape: one.tile }),
        rowsPerChunk: one.rowsPerChunk,
        filters: filtersOf(one),
        attributes: {
          units: "V",
          long_name: "a name that is long enough to need more than the header's sector ".repeat(4),
        },
        ...(one.path === "/entry/time" ? { isScale: "time" } : {}),
        ...(time === undefined ? {} : { dimensionScales: [time, ...one.item.map(() => undefined)] }),
      });
      if (one.path === "/entry/time") time = dataset;
      return new SeriesRows(one, dataset);
    });
    return new SeriesFile(file, rows);
  }

  async grow(rows: number): Promise<void> {
    for (const one of this.#rows) await one.grow(rows);
  }

  async checkpoint() {
    for (const one of this.#rows) await one.publish();
    return this.file.checkpoint();
  }

  /** The rows of each series. */
  async restore(): Promise<number[]> {
    const rows: number[] = [];
    for (const one of this.#rows) rows.push(await one.restore());
    return rows;
  }

  async close(): Promise<void> {
    for (const one of this.#rows) await one.publish();
    await this.file.close();
  }
}
