import type { Batch, ColumnValues } from "../../model/batch.ts";
import { brokenRow } from "../../model/broken-row.ts";
import type { Column } from "../../model/stream-schema.ts";
import type { Store } from "../../stores/contract.ts";
import { rowsPerRead } from "../rows-per-read.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { damaged, presentRows } from "./present-rows.ts";
import { readRunRoot } from "./run-root.ts";
import { type StreamLayout, streamLayouts } from "./stream-layout.ts";

/**
 * The records of one stream of a finished run, some chunks at a time. Those that the ledger has as lost though they have rows,
 * since their chunks were deleted while it was recorded, are left out; any other chunk that is not there is damage.
 */
export async function* readZarr(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  const { store, record } = await readRunRoot(path);
  if (record === undefined) throw notRecords(path, "another program wrote this Zarr hierarchy");
  if (!record.complete) throw unfinished(path);
  const { run, options } = record;
  const layouts = streamLayouts(run.streams, options.chunkRows, options.zarr ?? {});
  const layout = layouts.find((found) => found.stream.name === stream);
  if (layout === undefined) throw noSuchStream(path, stream);
  const account = record.ledger?.accounts.find((each) => each.stream === stream);
  yield* batchesOf(store, layout, account?.stored);
}

async function* batchesOf(
  store: Store,
  { stream, group, timestamps, sequence, columns, plan }: StreamLayout,
  stored: number | undefined,
): AsyncGenerator<Batch, void, void> {
  const open = (name: string, elements: Elements) => ArrayRows.open(store, keyIn(group, name), elements);
  const times = await open(timestamps, { dtype: "int64", shape: [] });
  const numbers = await open(sequence, { dtype: "int64", shape: [] });
  const parts = await Promise.all(
    columns.map(async ({ column, name, validityName }) => ({
      column,
      values: await open(name, column),
      validity:
        validityName === undefined ? undefined : await open(validityName, { dtype: "uint8", shape: [] }),
    })),
  );
  const { rows } = times;
  const others = [numbers, ...parts.flatMap(({ values, validity }) => [values, validity ?? values])];
  for (const array of others) array.expectRows(rows);
  const step = rowsPerRead(stream, plan.rowsPerChunk);
  const ranges =
    stored === undefined || stored === rows
      ? [{ from: 0, end: rows }]
      : await presentRows(
          store,
          [...new Set([times, ...others])].map(({ array }) => array),
          rows - stored,
        );
  for (const { from: first, end } of ranges)
    for (let from = first; from < end; from += step) {
      const count = Math.min(step, end - from);
      yield {
        stream,
        count,
        timestampsNs: await times.int64s(from, count),
        sequences: await numbers.int64s(from, count),
        columns: await Promise.all(
          parts.map(async ({ column, values, validity }): Promise<ColumnValues> => {
            const bytes = await values.bytes(from, count);
            const mask = await validity?.bytes(from, count);
            values.expectValues(column, from, bytes, mask);
            return mask === undefined ? { bytes } : { bytes, validity: mask };
          }),
        ),
      };
    }
}

type Elements = Pick<Column, "dtype" | "shape" | "maxBytes">;

function shownElements({ dtype, shape, maxBytes }: Elements): string {
  return [`${dtype}${maxBytes === undefined ? "" : ` of up to ${maxBytes} bytes`}`, ...shape].join(" × ");
}

/** Rows of one array. */
class ArrayRows {
  readonly rows: number;
  readonly array: ZarrArray;
  readonly #where: string;
  readonly #reader: ArrayReader;

  private constructor(where: string, store: Store, array: ZarrArray) {
    this.#where = where;
    this.array = array;
    this.#reader = new ArrayReader(store, array);
    this.rows = array.spec.shape[0] ?? 0;
  }

  /** Of other `elements`, its bytes would be taken for what they are not. */
  static async open(store: Store, path: string, elements: Elements): Promise<ArrayRows> {
    const where = `${store.url}/${path}`;
    const node = await readNode(store, path);
    if (node?.kind !== "array") throw damaged(where, "is missing");
    const { spec } = node.array;
    const found = shownElements({ ...spec, shape: spec.shape.slice(1) });
    const expected = shownElements(elements);
    if (found !== expected)
      throw damaged(where, `holds ${found} in each record, where ${expected} was recorded`);
    return new ArrayRows(where, store, node.array);
  }

  expectRows(rows: number): void {
    if (this.rows !== rows)
      throw damaged(this.#where, `has ${this.rows} records, where the times are ${rows}`);
  }

  /** Throws `DaqError("format")` where bytes of a text or a bool are none. */
  expectValues(column: Column, from: number, bytes: Uint8Array, validity: Uint8Array | undefined): void {
    const broken = brokenRow(column, bytes, validity);
    if (broken === undefined) return;
    const what = column.dtype === "bool" ? "neither 0 nor 1" : "no text: it is not UTF-8, or has a NUL";
    throw damaged(`${this.#where}: record ${from + broken}`, `is ${what}`);
  }

  async int64s(from: number, count: number): Promise<BigInt64Array> {
    const values = await this.#region(from, count);
    if (values instanceof BigInt64Array) return values;
    throw damaged(this.#where, "does not hold 64-bit integers");
  }

  async bytes(from: number, count: number): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await this.#region(from, count);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  #region(from: number, count: number) {
    const [, ...rest] = this.array.spec.shape;
    return this.#reader.readStored([from, ...rest.map(() => 0)], [count, ...rest]);
  }
}
