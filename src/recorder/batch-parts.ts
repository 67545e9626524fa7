import type { Batch, ColumnValues } from "../model/batch.ts";
import { columnItemBytes } from "../model/stream-schema.ts";

/** A batch as batches of at most so many records, in the same memory where a column's part is aligned as promised. */
export function* batchParts(batch: Batch, rows: number): Generator<Batch, void, void> {
  if (batch.count <= rows) {
    yield batch;
    return;
  }
  const { stream, timestampsNs, sequences, columns } = batch;
  for (let from = 0; from < batch.count; from += rows) {
    const to = Math.min(batch.count, from + rows);
    yield {
      stream,
      count: to - from,
      timestampsNs: timestampsNs.subarray(from, to),
      sequences: sequences.subarray(from, to),
      columns: columns.map(({ bytes, validity }, index): ColumnValues => {
        const itemBytes = columnItemBytes(stream.columns[index]!);
        const part = bytes.subarray(from * itemBytes, to * itemBytes);
        const aligned = part.byteOffset % 8 === 0 ? part : Uint8Array.from(part);
        return validity === undefined
          ? { bytes: aligned }
          : { bytes: aligned, validity: validity.subarray(from, to) };
      }),
    };
  }
}
