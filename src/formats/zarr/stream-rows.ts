import type { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { Batch, ColumnValues } from "../../model/batch.ts";
import { type DType, numberDType } from "../../model/dtype.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { withOwnIndex } from "../with-own-index.ts";
import { ArrayRows } from "./array-rows.ts";
import type { DeclaredArray, DeclaredColumn, DeclaredStream } from "./declare-run.ts";
import { halvedShape, halveImage } from "./halve-image.ts";
import type { NodeDocument } from "./hierarchy/attributes.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { RowGroup, type ShardStates } from "./row-group.ts";
import type { RunFolder } from "./run-folder.ts";
import type { SavedRows } from "./tail-file.ts";

type ColumnRows = {
  readonly declared: DeclaredColumn;
  readonly values: ArrayRows;
  readonly validity: ArrayRows | undefined;
  readonly levels: readonly ArrayRows[];
};

/** Of one stream: how many records, and the shards that are not whole. */
export type StreamState = { readonly records: number; readonly shards: ShardStates };

/** Takes the batches of one stream apart into the rows of its arrays. */
export class StreamRows {
  readonly #declared: DeclaredStream;
  readonly #folder: RunFolder;
  readonly #timestamps: ArrayRows;
  readonly #sequence: ArrayRows;
  readonly #columns: readonly ColumnRows[];
  readonly #groups: readonly RowGroup[];
  /** Times and numbers have chunks of their own, which are shown before they are full. */
  readonly #index: RowGroup | undefined;
  /** Frames that go to their shard straight from the batch. */
  readonly #direct: ArrayRows | undefined;
  /** Frames of which the one copy that is made is that of their chunk. */
  readonly #copied: ArrayRows | undefined;
  #records = 0;
  #shownRows = 0;
  #copies: Uint8Array[] = [];

  constructor(declared: DeclaredStream, folder: RunFolder, pool: WorkerPool | undefined) {
    const open = (array: DeclaredArray) => new ArrayRows(array, folder, pool);
    this.#declared = declared;
    this.#folder = folder;
    this.#timestamps = open(declared.timestamps);
    this.#sequence = open(declared.sequence);
    this.#columns = declared.columns.map((column) => ({
      declared: column,
      values: open(column.values),
      validity: column.validity && open(column.validity),
      levels: column.levels.map(open),
    }));
    const index = [
      this.#timestamps,
      this.#sequence,
      ...this.#columns.flatMap(({ validity }) => validity ?? []),
    ];
    const data = this.#columns.flatMap(({ values, levels }) => [values, ...levels]);
    const { group } = declared.layout;
    if (declared.timestamps.plan.rowsPerChunk === declared.columns[0]!.values.plan.rowsPerChunk)
      this.#groups = [new RowGroup(folder, group, "all", [...index, ...data])];
    else {
      this.#index = new RowGroup(folder, group, "index", index);
      this.#groups = [this.#index, new RowGroup(folder, group, "data", data)];
    }
    const [first] = this.#columns;
    const isPlain = this.#columns.length === 1 && first!.validity === undefined && first!.levels.length === 0;
    this.#direct = isPlain && first!.values.canTakeBack ? first!.values : undefined;
    this.#copied = isPlain && first!.values.takesCopies ? first!.values : undefined;
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

  /** Of a stream of frames: the array that has all of them. */
  get frames(): ZarrArray {
    const { array } = this.#columns[0]!.declared.values;
    return array.withShape([this.#records, ...array.spec.shape.slice(1)]);
  }

  /** The array of the sequence numbers, with all records. */
  get sequence(): ZarrArray {
    return this.#declared.sequence.array.withShape([this.#records]);
  }

  /** Bytes of the chunks that may still have to be written, when the run ends, besides what is there. */
  get unwrittenBytes(): number {
    return this.#arrays.reduce((sum, { declared: { array, plan } }) => {
      const chunk = plan.rowsPerChunk > 1 ? array.storedChunkBytes : 0;
      return sum + chunk + array.chunksPerObject * 16;
    }, 0);
  }

  get #arrays(): readonly ArrayRows[] {
    return this.#groups.flatMap(({ arrays }) => arrays);
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
    const direct = this.#direct;
    if (direct?.staysOpen(batch.count)) {
      const mark = await direct.mark();
      await direct.append(batch.columns[0]!.bytes, batch.count);
      if (!isIntact()) {
        await direct.takeBack(mark, batch.count);
        return false;
      }
      await this.#appendIndex(batch);
      return true;
    }
    if (this.#copied !== undefined && batch.count === 1) {
      if (!(await this.#copied.appendShared(batch.columns[0]!.bytes, isIntact))) return false;
      await this.#appendIndex(batch);
      return true;
    }
    const copy = this.#copy(batch);
    if (!isIntact()) return false;
    await this.append(copy);
    return true;
  }

  async #appendIndex({ timestampsNs, sequences, count }: Batch): Promise<void> {
    await this.#timestamps.append(bytesOf(timestampsNs), count);
    await this.#sequence.append(bytesOf(sequences), count);
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

  /** Everything appended survives. Readers are shown what is whole. */
  async save(): Promise<StreamState> {
    for (const group of this.#groups) await group.settled();
    const shards = await Promise.all(this.#groups.map((group) => group.save()));
    await this.#show(this.#groups.at(-1)!.wholeRows);
    return { records: this.#records, shards: Object.assign({}, ...shards) };
  }

  /** Metadata is written when there is more to be seen, not with every record. */
  async #show(rows: number): Promise<void> {
    if (rows === this.#shownRows) return;
    // The chunk of times that is not full is put again with each that joins it: it is small.
    if (this.#index !== undefined) for (const array of this.#index.arrays) await array.putOpenChunk();
    await this.putMetadata(rows);
  }

  /** The arrays' metadata for this number of records. */
  async putMetadata(rows: number): Promise<void> {
    this.#shownRows = rows;
    await this.#folder.putDocuments(this.documents());
  }

  /** The metadata of all arrays, as readers are shown it. */
  documents(): readonly NodeDocument[] {
    return this.#arrays.flatMap(({ declared: { array } }) =>
      array.withShape([this.#shownRows, ...array.spec.shape.slice(1)]).documents(),
    );
  }

  /** The open rows at a checkpoint, by group. `shownRowsOf`: what an array has by its metadata. */
  async readOpenRows(
    { records }: StreamState,
    shownRowsOf: (path: string) => Promise<number>,
  ): Promise<OpenRows> {
    return Promise.all(
      this.#groups.map(async (group) => {
        const shown = await Promise.all(group.arrays.map(({ declared }) => shownRowsOf(declared.array.path)));
        return group.readOpenRows(records, shown);
      }),
    );
  }

  async keepOpenRows({ records }: StreamState, open: OpenRows): Promise<void> {
    for (const [index, group] of this.#groups.entries()) await group.keepOpenRows(records, open[index]!);
  }

  /** Cuts the arrays back to a checkpoint. */
  async restore({ records, shards }: StreamState, open: OpenRows): Promise<void> {
    this.#records = records;
    for (const [index, group] of this.#groups.entries()) await group.restore(records, open[index]!, shards);
  }

  /** Shows readers no more than what is whole at a checkpoint: before anything behind it is cut. */
  async hideAfter({ records }: StreamState): Promise<void> {
    const { rowsPerChunk, blocksPerShard } = this.#declared.columns[0]!.values.plan;
    const rows = rowsPerChunk * blocksPerShard;
    await this.putMetadata(Math.floor(records / rows) * rows);
  }

  /** As the last thing: everything is in objects, and the metadata says so. */
  async finish(): Promise<void> {
    for (const group of this.#groups) await group.finish();
    await this.putMetadata(this.#records);
  }

  async removeTails(): Promise<void> {
    for (const group of this.#groups) await group.removeTail();
  }

  async release(): Promise<void> {
    for (const group of this.#groups) await group.release();
  }
}

/** By group. */
export type OpenRows = readonly SavedRows[];

async function appendColumn(
  { declared, values, validity, levels }: ColumnRows,
  column: ColumnValues,
  count: number,
): Promise<void> {
  const { dtype, itemShape } = declared;
  const mask = validity === undefined ? undefined : (column.validity ?? new Uint8Array(count).fill(1));
  const bytes = mask?.includes(0) ? withMissing(column.bytes, mask, dtype) : column.bytes;
  await values.append(bytes, count);
  if (validity !== undefined) await validity.append(mask!, count);
  if (levels.length === 0) return;
  const itemBytes = bytes.byteLength / count;
  for (let record = 0; record < count; record++) {
    let image = bytes.subarray(record * itemBytes, (record + 1) * itemBytes);
    let shape = itemShape;
    for (const level of levels) {
      image = halveImage(numberDType(dtype), image, shape);
      shape = halvedShape(shape);
      await level.append(image, 1);
    }
  }
}

/** A copy with not-a-number (integers: 0, which the validity calls missing) where the device gave nothing. */
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
