import type { Batch, ColumnValues } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import { rowsPerRead } from "../rows-per-read.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { readRunRoot } from "./run-root.ts";
import { type StreamLayout, streamLayouts } from "./stream-layout.ts";

/** The records of one stream of a finished run, some chunks at a time; a chunk that is not there is damage. */
export async function* readZarr(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  const { store, record } = await readRunRoot(path);
  if (record === undefined) throw notRecords(path, "another program wrote this Zarr hierarchy");
  if (!record.complete) throw unfinished(path);
  const { run, options } = record;
  const layouts = streamLayouts(run.streams, options.chunkRows, options.zarr ?? {});
  const layout = layouts.find((found) => found.stream.name === stream);
  if (layout === undefined) throw noSuchStream(path, stream);
  yield* batchesOf(store, layout);
}

async function* batchesOf(
  store: Store,
  { stream, group, timestamps, sequence, columns, plan }: StreamLayout,
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
  for (const array of [numbers, ...parts.flatMap(({ values, validity }) => [values, validity ?? values])])
    array.expectRows(rows);
  const step = rowsPerRead(stream, plan.rowsPerChunk);
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    yield {
      stream,
      count,
      timestampsNs: await times.int64s(from, count),
      sequences: await numbers.int64s(from, count),
      columns: await Promise.all(
        parts.map(async ({ values, validity }): Promise<ColumnValues> => {
          const bytes = await values.bytes(from, count);
          return validity === undefined ? { bytes } : { bytes, validity: await validity.bytes(from, count) };
        }),
      ),
    };
  }
}

/** Rows of one array. */
class ArrayRows {
  readonly rows: number;
  readonly #where: string;
  readonly #array: ZarrArray;
  readonly #reader: ArrayReader;

  private constructor(where: string, store: Store, array: ZarrArray) {
    this.#where = where;
    this.#array = array;
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
    const [, ...rest] = this.#array.spec.shape;
    return this.#reader.readStored([from, ...rest.map(() => 0)], [count, ...rest]);
  }
}

function damaged(where: string, problem: string): DaqError {
  return new DaqError("format", `${where} ${problem}.`, {
    hint: "The folder is damaged, or was changed by another program. Restore it from a copy.",
  });
}
