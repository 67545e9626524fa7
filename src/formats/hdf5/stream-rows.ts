import type { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { Batch, ColumnValues } from "../../model/batch.ts";
import type { DType } from "../../model/dtype.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { withOwnIndex } from "../with-own-index.ts";
import { type ChunkOutput, EncodedChunks, PlainChunks } from "./chunk-output.ts";
import { ChunkedRows } from "./chunked-rows.ts";
import type { DeclaredDataset, DeclaredStream } from "./declare-stream.ts";
import type { GrowingDataset } from "./file/growing-dataset.ts";

type ColumnRows = {
  readonly values: ChunkedRows;
  readonly validity?: ChunkedRows;
  readonly dtype: DType;
  /** Of texts: it learns of the first one that is not ASCII. */
  readonly texts?: GrowingDataset;
};

/** Takes the batches of one stream apart into the rows of its datasets. */
export class StreamRows {
  readonly #declared: DeclaredStream;
  readonly #timestamps: ChunkedRows | undefined;
  readonly #sequence: ChunkedRows | undefined;
  readonly #columns: readonly ColumnRows[];
  readonly #all: readonly { readonly rows: ChunkedRows; readonly declared: DeclaredDataset }[];
  /** Frames that go to the file straight from the batch. */
  readonly #direct: ChunkedRows | undefined;
  #records = 0;
  #copies: Uint8Array[] = [];

  constructor(declared: DeclaredStream, pool: WorkerPool | undefined) {
    const all: { rows: ChunkedRows; declared: DeclaredDataset }[] = [];
    const open = (dataset: DeclaredDataset): ChunkedRows => {
      const rows = rowsOf(dataset, pool);
      all.push({ rows, declared: dataset });
      return rows;
    };
    this.#declared = declared;
    this.#timestamps = declared.timestamps && open(declared.timestamps);
    this.#sequence = declared.sequence && open(declared.sequence);
    this.#columns = declared.columns.map(({ values, validity }, index) => ({
      values: open(values),
      ...(validity === undefined ? {} : { validity: open(validity) }),
      ...kindOf(values, declared.layout.columns[index]!.column.dtype),
    }));
    this.#all = all;
    const [first] = declared.columns;
    const isDirect =
      declared.layout.stream.kind === "array" &&
      first!.values.plan.rowsPerChunk === 1 &&
      first!.values.compression.filters.length === 0 &&
      first!.validity === undefined;
    this.#direct = isDirect ? this.#columns[0]!.values : undefined;
  }

  get stream(): StreamSchema {
    return this.#declared.layout.stream;
  }

  get name(): string {
    return this.stream.name;
  }

  get records(): number {
    return this.#records;
  }

  /** Goes on behind `records` records, with the chunks that were not full as the file has them. */
  async restore(records: number): Promise<void> {
    this.#records = records;
    for (const { rows, declared } of this.#all)
      rows.restore(
        records,
        records % declared.plan.rowsPerChunk === 0 ? undefined : await declared.dataset.openChunk(),
      );
  }

  /** The batch is borrowed until the promise settles. */
  async append(batch: Batch): Promise<void> {
    if (batch.count === 0) return;
    for (const [index, column] of this.#columns.entries())
      await appendColumn(column, batch.columns[index]!, batch.count);
    await this.#appendIndex(batch);
  }

  /** The same for memory that may be overwritten meanwhile; false, and nothing of it is kept, when it was. */
  async appendShared(shared: Batch, isIntact: () => boolean): Promise<boolean> {
    if (shared.count === 0) return true;
    const batch = withOwnIndex(shared);
    if (this.#direct !== undefined) {
      await this.#direct.append(batch.columns[0]!.bytes, batch.count);
      if (!isIntact()) {
        await this.#direct.retract(batch.count);
        return false;
      }
      await this.#appendIndex(batch);
      return true;
    }
    const copy = this.#copy(batch);
    if (!isIntact()) return false;
    await this.append(copy);
    return true;
  }

  async #appendIndex({ timestampsNs, sequences, count }: Batch): Promise<void> {
    await this.#timestamps?.append(bytesOf(timestampsNs), count);
    await this.#sequence?.append(bytesOf(sequences), count);
    this.#records += count;
  }

  #copy(batch: Batch): Batch {
    const columns = batch.columns.map(({ bytes, validity }, index): ColumnValues => {
      let kept = this.#copies[index];
      if (kept === undefined || kept.byteLength < bytes.byteLength)
        this.#copies[index] = kept = new Uint8Array(bytes.byteLength);
      kept.set(bytes);
      const own = kept.subarray(0, bytes.byteLength);
      return validity === undefined ? { bytes: own } : { bytes: own, validity: validity.slice() };
    });
    return {
      ...batch,
      columns,
    };
  }

  /** Everything appended counts when the file makes its next checkpoint. */
  async publish(): Promise<void> {
    for (const { rows } of this.#all) await rows.publish();
  }

  /** Like `publish`, as the last thing before the file is closed. */
  async finish(): Promise<void> {
    for (const { rows } of this.#all) await rows.finish();
  }
}

function rowsOf(declared: DeclaredDataset, pool: WorkerPool | undefined): ChunkedRows {
  const { dataset, plan, itemBytes, compression } = declared;
  const { filters, steps } = compression;
  const isFiltered = filters.length > 0;
  if (isFiltered && pool === undefined) throw new Error("Filtered datasets need a pool of workers.");
  const output: ChunkOutput = isFiltered
    ? new EncodedChunks(dataset, pool!, steps, filters.length)
    : new PlainChunks(dataset);
  return new ChunkedRows(dataset, output, plan, itemBytes, isFiltered);
}

function kindOf({ dataset }: DeclaredDataset, dtype: DType): Pick<ColumnRows, "dtype" | "texts"> {
  return dtype === "string" ? { dtype, texts: dataset } : { dtype };
}

async function appendColumn(
  { values, validity, dtype, texts }: ColumnRows,
  column: ColumnValues,
  count: number,
): Promise<void> {
  const mask = validity === undefined ? undefined : (column.validity ?? new Uint8Array(count).fill(1));
  const bytes = mask?.includes(0) ? withMissing(column.bytes, mask, dtype) : column.bytes;
  if (texts?.canWiden && !isAscii(bytes)) texts.widenDatatype();
  await values.append(bytes, count);
  if (validity === undefined || mask === undefined) return;
  await validity.append(mask, count);
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.byteLength; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}

/** A copy with not-a-number (integers: 0, texts: none, which the validity calls missing) where the device gave nothing. */
function withMissing(bytes: Uint8Array, mask: Uint8Array, dtype: DType): Uint8Array {
  const copy = new Uint8Array(bytes);
  const itemBytes = bytes.byteLength / mask.byteLength;
  for (let index = 0; index < mask.byteLength; index++) {
    if (mask[index] !== 0) continue;
    const item = copy.subarray(index * itemBytes, (index + 1) * itemBytes);
    if (dtype === "float64") new Float64Array(item.buffer, item.byteOffset, itemBytes / 8).fill(Number.NaN);
    else if (dtype === "float32")
      new Float32Array(item.buffer, item.byteOffset, itemBytes / 4).fill(Number.NaN);
    else item.fill(0);
  }
  return copy;
}

function bytesOf(values: BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
