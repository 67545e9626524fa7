import type { Batch, ColumnValues } from "../../model/batch.ts";
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
  const open = (name: string) => ArrayRows.open(store, keyIn(group, name));
  const times = await open(timestamps);
  const numbers = await open(sequence);
  const parts = await Promise.all(
    columns.map(async ({ name, validityName }) => ({
      values: await open(name),
      validity: validityName === undefined ? undefined : await open(validityName),
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
          parts.map(async ({ values, validity }): Promise<ColumnValues> => {
            const bytes = await values.bytes(from, count);
            return validity === undefined
              ? { bytes }
              : { bytes, validity: await validity.bytes(from, count) };
          }),
        ),
      };
    }
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

  static async open(store: Store, path: string): Promise<ArrayRows> {
    const node = await readNode(store, path);
    if (node?.kind === "array") return new ArrayRows(`${store.url}/${path}`, store, node.array);
    throw damaged(`${store.url}/${path}`, "is missing");
  }

  expectRows(rows: number): void {
    if (this.rows !== rows)
      throw damaged(this.#where, `has ${this.rows} records, where the times are ${rows}`);
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
