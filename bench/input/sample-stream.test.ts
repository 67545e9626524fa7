import assert from "node:assert/strict";
import { test } from "node:test";
import type { Samples } from "./benchmark-input.ts";
import { makeSamples } from "./generate-input.ts";
import { channelSchema, peerSchema, sampleBatches } from "./sample-stream.ts";

const rows = 1000;
const values = makeSamples(rows);
const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const samples: Samples = {
  rows,
  columns: Array.from({ length: 5 }, (_, index) => all.subarray(index * rows * 8, (index + 1) * rows * 8)),
  bytes: all.byteLength,
};

function floats(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
}

test("batches of the peers' schema are the input's own memory, all of it, in order", () => {
  const batches = sampleBatches(samples, peerSchema, 300);
  assert.deepEqual(
    batches.map((batch) => batch.count),
    [300, 300, 300, 100],
  );
  for (let column = 0; column < 5; column++) {
    const parts = batches.map((batch) => batch.columns[column]!.bytes);
    assert.ok(parts.every((part) => part.buffer === values.buffer));
    const joined = parts.flatMap((part) => [...floats(part)]);
    assert.deepEqual(joined, [...values.subarray(column * rows, (column + 1) * rows)]);
  }
});

test("batches of the channels leave the time column out and have timestamps and sequence numbers instead", () => {
  const batches = sampleBatches(samples, channelSchema, 600);
  const second = batches[1]!;
  assert.equal(second.columns.length, 4);
  assert.deepEqual(floats(second.columns[0]!.bytes), values.subarray(rows + 600, 2 * rows));
  assert.equal(second.sequences[0], 600n);
  assert.equal(second.timestampsNs[1]! - batches[0]!.timestampsNs[0]!, 601n * 10_000n);
});
