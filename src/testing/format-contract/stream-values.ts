import type { Batch, ColumnValues } from "../../model/batch.ts";
import { type Element, elementReader } from "../../model/element-reader.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";

/** One value of one record: `null` is missing; a column with a shape gives its elements flat, in C order. */
export type RecordValue = Element | null | readonly Element[];

/** All records of one stream in columns. 64-bit integers are `bigint`, all others `number` (float32 as its double). */
export type StreamValues = {
  readonly timestampsNs: readonly bigint[];
  readonly sequences: readonly bigint[];
  /** By column name, in the order of the schema. */
  readonly columns: ReadonlyMap<string, readonly RecordValue[]>;
};

/** Copies out of batches, of any number of streams, what a reader has to find. Streams without a batch are absent. */
export function valuesOf(batches: readonly Batch[]): Map<string, StreamValues> {
  const streams = new Map<
    string,
    { timestampsNs: bigint[]; sequences: bigint[]; columns: Map<string, RecordValue[]> }
  >();
  for (const batch of batches) {
    let stream = streams.get(batch.stream.name);
    if (stream === undefined) {
      stream = {
        timestampsNs: [],
        sequences: [],
        columns: new Map(batch.stream.columns.map((c) => [c.name, []])),
      };
      streams.set(batch.stream.name, stream);
    }
    // One by one: a batch may have more records than a call can have arguments.
    for (const timestamp of batch.timestampsNs) stream.timestampsNs.push(timestamp);
    for (const sequence of batch.sequences) stream.sequences.push(sequence);
    for (const [index, column] of batch.stream.columns.entries()) {
      const records = stream.columns.get(column.name)!;
      for (const value of recordValues(column, batch.columns[index]!)) records.push(value);
    }
  }
  return streams;
}

/** The values of one column, record by record. */
export function recordValues(column: Column, { bytes, validity }: ColumnValues): RecordValue[] {
  const elements = column.shape.reduce((product, extent) => product * extent, 1);
  const elementAt = elementReader(column, bytes);
  return Array.from({ length: bytes.byteLength / columnItemBytes(column) }, (_, record) => {
    if (validity?.[record] === 0) return null;
    return column.shape.length === 0
      ? elementAt(record)
      : Array.from({ length: elements }, (_, element) => elementAt(record * elements + element));
  });
}
