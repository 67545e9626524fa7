import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../model/batch.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { batchParts } from "./batch-parts.ts";

const stream: StreamSchema = {
  name: "a",
  kind: "table",
  source: "test",
  clock: "system",
  columns: [
    { name: "n", dtype: "uint8", shape: [], dims: [], nullable: true },
    { name: "v", dtype: "float64", shape: [], dims: [] },
  ],
};

function batchOf(count: number): Batch {
  const bytes = new Uint8Array(new ArrayBuffer(Math.ceil(count / 8) * 8)).map((_, index) => index);
  return {
    stream,
    count,
    timestampsNs: BigInt64Array.from({ length: count }, (_, row) => BigInt(row * 10)),
    sequences: BigInt64Array.from({ length: count }, (_, row) => BigInt(row)),
    columns: [
      { bytes: bytes.subarray(0, count), validity: new Uint8Array(count).fill(1) },
      { bytes: new Uint8Array(Float64Array.from({ length: count }, (_, row) => row).buffer) },
    ],
  };
}

test("the parts are the batch, none larger than asked for, every column aligned", () => {
  for (const rows of [1, 3, 7, 8, 16]) {
    const parts = [...batchParts(batchOf(50), rows)];
    assert.ok(parts.every((part) => part.count <= rows));
    assert.deepEqual(
      parts.flatMap((part) => Array.from(part.sequences, Number)),
      Array.from({ length: 50 }, (_, row) => row),
    );
    assert.deepEqual(
      parts.flatMap((part) => Array.from(part.columns[0]!.bytes)),
      Array.from({ length: 50 }, (_, row) => row),
    );
    for (const part of parts) {
      assert.equal(part.timestampsNs.length, part.count);
      assert.equal(part.columns[0]!.validity!.length, part.count);
      for (const { bytes } of part.columns) assert.equal(bytes.byteOffset % 8, 0);
      assert.equal(part.columns[1]!.bytes.byteLength, part.count * 8);
    }
  }
});

test("a batch that is small enough is handed on as it is", () => {
  const batch = batchOf(5);
  assert.deepEqual([...batchParts(batch, 5)], [batch]);
});
