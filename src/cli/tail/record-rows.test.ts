import assert from "node:assert/strict";
import { test } from "node:test";
import { RingReader } from "../../ring/ring-reader.ts";
import { cellJson, cellText } from "./cell-text.ts";
import { lastFrameStatistics } from "./frame-statistics.ts";
import { cellOf, copyRows } from "./record-rows.ts";
import { bytesOf, camera, meter, meterRows, startNs, testRing } from "./ring-for-test.test.ts";

test("copies rows with physical values, missing ones as null, and times spaced by the rate", (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  stream.write({ ...meterRows(0, 3), validity: [Uint8Array.of(1, 0, 1), undefined, undefined] });
  const reader = RingReader.attach(ring.path, { name: "t", durable: false });
  const rows = copyRows(reader, reader.next()!, 1, 3)!;
  assert.equal(rows.firstSequence, 1);
  assert.deepEqual([...rows.timestampsNs], [startNs + 1_000_000n, startNs + 2_000_000n]);
  assert.deepEqual([cellOf(rows, 0, 0), cellOf(rows, 0, 1)], [null, 2]);
  assert.deepEqual([cellOf(rows, 1, 0), cellOf(rows, 1, 1)], [2, 3]);
  assert.deepEqual(cellOf(rows, 2, 1), [2, 0.1]);
  const [power, raw, xy] = meter.columns;
  assert.equal(cellText(cellOf(rows, 0, 0), power!), "–");
  assert.equal(cellText(cellOf(rows, 1, 0), raw!), "2 V");
  assert.equal(cellText(cellOf(rows, 2, 1), xy!), "[2, 0.1]");
  assert.deepEqual(cellJson(cellOf(rows, 2, 0), xy!), [1, 0.1]);
  reader.detach();
});

test("gives no rows and no statistics of a record that was overwritten before it was used", (t) => {
  const ring = testRing(t, { sizeBytes: 8192 });
  const [table, frames] = [ring.openStream(meter), ring.openStream(camera)];
  const reader = RingReader.attach(ring.path, { name: "t", durable: false });
  const lap = () => {
    for (let number = 0; number < 200; number++) table.write(meterRows(0, 1));
  };
  table.write(meterRows(0, 1));
  const record = reader.next()!;
  assert.ok(copyRows(reader, record, 0, 1));
  lap();
  assert.equal(copyRows(reader, record, 0, 1), undefined);
  while (reader.next() !== undefined);
  frames.write({ count: 1, timestampNs: 0n, columns: [bytesOf(Uint16Array.of(1, 2, 3, 4, 5, 6))] });
  const frame = reader.next()!;
  assert.deepEqual(lastFrameStatistics(reader, frame), {
    sequence: 0,
    timestampNs: 0n,
    min: 1,
    mean: 3.5,
    max: 6,
    nans: 0,
  });
  lap();
  assert.equal(lastFrameStatistics(reader, frame), undefined);
  reader.detach();
});

test("leaves NaN out of a frame's statistics and counts it, and turns a negative scale around", (t) => {
  const ring = testRing(t);
  const column = { ...camera.columns[0]!, dtype: "float32" as const, scale: -2, offset: 1 };
  const frames = ring.openStream({ ...camera, columns: [column] });
  frames.write({
    count: 1,
    timestampNs: 5n,
    columns: [bytesOf(Float32Array.of(1, Number.NaN, 3, 1, 3, Number.NaN))],
  });
  frames.write({ count: 1, timestampNs: 6n, columns: [bytesOf(new Float32Array(6).fill(Number.NaN))] });
  const reader = RingReader.attach(ring.path, { name: "t", durable: false });
  assert.deepEqual(lastFrameStatistics(reader, reader.next()!), {
    sequence: 0,
    timestampNs: 5n,
    min: -5,
    mean: -3,
    max: -1,
    nans: 2,
  });
  assert.equal(lastFrameStatistics(reader, reader.next()!)?.nans, 6);
  reader.detach();
});

test("shows numbers exactly where they are whole, and no number as its name", () => {
  const plain = { name: "x", dtype: "float64" as const, shape: [], dims: [] };
  assert.equal(cellText(2n ** 63n, plain), "9223372036854775808");
  assert.equal(cellText(1 / 3, plain), "0.3333333");
  assert.equal(cellText(Number.NaN, plain), "NaN");
  assert.equal(cellJson(Number.POSITIVE_INFINITY, plain), "Infinity");
  assert.equal(cellJson(null, plain), null);
  assert.deepEqual(cellJson([1, 2, 3, 4], { ...plain, shape: [2, 2], dims: ["y", "x"] }), [
    [1, 2],
    [3, 4],
  ]);
  assert.equal(
    cellText([1, 2, 3, 4, 5, 6, 7], { ...plain, shape: [7], dims: ["x"], unit: "V" }),
    "[1, 2, 3, 4, 5, 6, … 7 values] V",
  );
});
