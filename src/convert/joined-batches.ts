import { rowsPerRead } from "../formats/rows-per-read.ts";
import type { Batch, ColumnValues } from "../model/batch.ts";
import { columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";
import { batchParts } from "../recorder/batch-parts.ts";

/**
 * The same records in batches of about 4 MiB, under the name and schema of `stream`: a run that was stored a second at a
 * time, or in one piece, becomes a file as if it had been recorded at once. A batch is borrowed until the next.
 */
export async function* joinedBatches(
  stream: StreamSchema,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<Batch, void, void> {
  const rows = rowsPerRead(stream);
  const joined = new JoinedBatch(stream, rows);
  for await (const batch of batches)
    for (const part of batchParts({ ...batch, stream }, rows)) {
      if (joined.count + part.count > rows) yield joined.take();
      if (part.count === rows) yield part;
      else if (part.count > 0) joined.add(part);
    }
  if (joined.count > 0) yield joined.take();
}

type ColumnBuffer = { readonly bytes: Uint8Array; readonly validity: Uint8Array; readonly itemBytes: number };

class JoinedBatch {
  readonly #stream: StreamSchema;
  readonly #rows: number;
  #columns: readonly ColumnBuffer[] | undefined;
  readonly #timestampsNs: BigInt64Array;
  readonly #sequences: BigInt64Array;
  #count = 0;

  constructor(stream: StreamSchema, rows: number) {
    this.#stream = stream;
    this.#rows = rows;
    this.#timestampsNs = new BigInt64Array(rows);
    this.#sequences = new BigInt64Array(rows);
  }

  get count(): number {
    return this.#count;
  }

  add({ count, timestampsNs, sequences, columns }: Batch): void {
    this.#columns ??= this.#stream.columns.map((column) => ({
      bytes: new Uint8Array(this.#rows * columnItemBytes(column)),
      validity: new Uint8Array(this.#rows),
      itemBytes: columnItemBytes(column),
    }));
    const at = this.#count;
    this.#timestampsNs.set(timestampsNs, at);
    this.#sequences.set(sequences, at);
    for (const [index, { bytes, validity }] of columns.entries()) {
      const buffer = this.#columns[index]!;
      buffer.bytes.set(bytes, at * buffer.itemBytes);
      if (validity === undefined) buffer.validity.fill(1, at, at + count);
      else buffer.validity.set(validity, at);
    }
    this.#count += count;
  }

  /** What was added; borrowed until the next `add`. */
  take(): Batch {
    const count = this.#count;
    this.#count = 0;
    return {
      stream: this.#stream,
      count,
      timestampsNs: this.#timestampsNs.subarray(0, count),
      sequences: this.#sequences.subarray(0, count),
      columns: (this.#columns ?? []).map(({ bytes, validity, itemBytes }, index): ColumnValues => {
        const values = bytes.subarray(0, count * itemBytes);
        const isNullable = this.#stream.columns[index]!.nullable === true;
        return isNullable ? { bytes: values, validity: validity.subarray(0, count) } : { bytes: values };
      }),
    };
  }
}
