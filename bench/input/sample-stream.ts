import type { Batch } from "../../src/model/batch.ts";
import type { Column, StreamSchema } from "../../src/model/stream-schema.ts";
import type { Samples } from "./benchmark-input.ts";
import { sampleColumns } from "./generate-input.ts";

function column(name: string, unit: string): Column {
  return { name, dtype: "float64", shape: [], dims: [], unit };
}

const firstTimestampNs = 1_700_000_000_000_000_000n;
const periodNs = 10_000n;

const source = { kind: "table", source: "benchmark", clock: "device" } as const;

/** The five columns as the peers write them: the time is a column like the others. */
export const peerSchema: StreamSchema = {
  ...source,
  name: "samples",
  columns: sampleColumns.map((name, index) => column(name, index === 0 ? "s" : "V")),
};

/** The same as a converter card would declare it: four channels; the time is the records' own timestamp. */
export const channelSchema: StreamSchema = {
  ...source,
  name: "samples",
  columns: sampleColumns.slice(1).map((name) => column(name, "V")),
};

/** Timestamps of 100 kHz, from record number `first` on. */
export function sampleTimestamps(first: number, count: number): BigInt64Array {
  return BigInt64Array.from(
    { length: count },
    (_, index) => firstTimestampNs + BigInt(first + index) * periodNs,
  );
}

/** Rows `first` to `first + count` of each column, without a copy. */
export function rowsOf(columns: readonly Uint8Array[], first: number, count: number): Uint8Array[] {
  return columns.map((bytes) => bytes.subarray(first * 8, (first + count) * 8));
}

/** The rows in batches; `schema` decides whether the time is a column or the timestamp alone. */
export function sampleBatches(samples: Samples, schema: StreamSchema, batchRows: number): Batch[] {
  const columns = samples.columns.slice(samples.columns.length - schema.columns.length);
  const batches: Batch[] = [];
  for (let first = 0; first < samples.rows; first += batchRows) {
    const count = Math.min(batchRows, samples.rows - first);
    batches.push({
      stream: schema,
      count,
      timestampsNs: sampleTimestamps(first, count),
      sequences: BigInt64Array.from({ length: count }, (_, index) => BigInt(first + index)),
      columns: rowsOf(columns, first, count).map((bytes) => ({ bytes })),
    });
  }
  return batches;
}
