import type { StreamSchema } from "../../src/model/stream-schema.ts";

/** A stream whose record i follows from the number i; hdf5_counter.py knows the same rule. */
export const counterSchema: StreamSchema = {
  name: "counter",
  kind: "table",
  columns: [
    { name: "n", dtype: "int64", shape: [], dims: [] },
    { name: "third", dtype: "float64", shape: [], dims: [], unit: "V" },
    { name: "pair", dtype: "uint16", shape: [2], dims: ["which"] },
  ],
  source: "test",
  clock: "system",
  rateHz: 100_000,
};

/** Records `first` to `first + rows - 1`, as a ring's stream takes them. */
export function counterRows(
  first: number,
  rows: number,
): { count: number; timestampNs: bigint; timestampsNs: BigInt64Array; columns: Uint8Array[] } {
  const numbers = BigInt64Array.from({ length: rows }, (_, row) => BigInt(first + row));
  const thirds = Float64Array.from({ length: rows }, (_, row) => (first + row) / 3);
  const pairs = new Uint16Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    pairs[2 * row] = first + row;
    pairs[2 * row + 1] = ~(first + row);
  }
  const timestampsNs = numbers.map((number) => number * 10_000n);
  return {
    count: rows,
    timestampNs: timestampsNs[0]!,
    timestampsNs,
    columns: [numbers, thirds, pairs].map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  };
}
