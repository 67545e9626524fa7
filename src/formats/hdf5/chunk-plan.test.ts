import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { chunkPlanOf, rowsPerChunkOf } from "./chunk-plan.ts";

function stream(kind: "table" | "array", rateHz: number | undefined, ...columns: Column[]): StreamSchema {
  return {
    name: "s",
    kind,
    columns,
    source: "test",
    clock: "system",
    ...(rateHz === undefined ? {} : { rateHz }),
  };
}

const float64: Column = { name: "v", dtype: "float64", shape: [], dims: [] };
const uint8: Column = { name: "state", dtype: "uint8", shape: [], dims: [] };
const spectrum: Column = { name: "spectrum", dtype: "float32", shape: [2048], dims: ["wavelength"] };

function frame(height: number, width: number): Column {
  return { name: "frame", dtype: "uint16", shape: [height, width], dims: ["y", "x"] };
}

test("a chunk of a fast table has 256 KiB of its largest column", () => {
  assert.equal(rowsPerChunkOf(stream("table", 1e6, float64), undefined), 32_768);
  assert.equal(rowsPerChunkOf(stream("table", 1e6, float64, uint8), undefined), 32_768);
  assert.equal(rowsPerChunkOf(stream("table", 1e6, spectrum), undefined), 32);
});

test("a chunk of a slow table has what comes in five seconds, but at least 16 KiB of the smallest dataset", () => {
  assert.equal(rowsPerChunkOf(stream("table", 1000, float64), undefined), 5000);
  assert.equal(rowsPerChunkOf(stream("table", 0.1, float64), undefined), 2048);
  assert.equal(rowsPerChunkOf(stream("table", undefined, float64), undefined), 2048);
});

test("the chunks of a wide table together stay small while it is slow, and within 64 MiB when it is fast", () => {
  const wide = (rateHz: number | undefined, columns: number) =>
    rowsPerChunkOf(
      stream(
        "table",
        rateHz,
        ...Array.from({ length: columns }, (_, at) => ({ ...float64, name: `c${at}` })),
      ),
      undefined,
    );
  assert.equal(wide(10, 32), 2048);
  assert.equal(wide(10, 1000), 130);
  assert.equal(wide(10, 4000), 128);
  assert.equal(wide(undefined, 1000), 523);
  assert.equal(wide(100, 1000), 500);
  assert.equal(wide(1e5, 200), 32_768);
  assert.equal(wide(1e5, 1000), 8371);
  assert.equal(wide(1e5, 10_000), 2048);
});

test("chunk_size is obeyed for tables, as long as a chunk stays below 32 MiB", () => {
  assert.equal(rowsPerChunkOf(stream("table", 1000, float64), 7), 7);
  assert.equal(rowsPerChunkOf(stream("table", 1000, float64), 1), 1);
  assert.equal(rowsPerChunkOf(stream("table", 1000, float64), 2 ** 31 - 1), 2 ** 22);
  assert.equal(rowsPerChunkOf(stream("table", 1000, spectrum), 2 ** 31 - 1), 4096);
});

test("a frame from 64 KiB on is a chunk of its own, and small ones are joined; chunk_size is for tables", () => {
  assert.equal(rowsPerChunkOf(stream("array", 30, frame(480, 640)), undefined), 1);
  assert.equal(rowsPerChunkOf(stream("array", 30, frame(480, 640)), 1024), 1);
  assert.equal(rowsPerChunkOf(stream("array", 30, frame(128, 256)), undefined), 1);
  assert.equal(rowsPerChunkOf(stream("array", 1e5, frame(16, 16)), undefined), 512);
  assert.equal(rowsPerChunkOf(stream("array", 30, frame(16, 16)), 1024), 150);
});

test("a frame of more than 32 MiB is cut into tiles of whole lines, the last one padded", () => {
  const column = frame(10_000, 5_000);
  const plan = chunkPlanOf(column, 1);
  assert.deepEqual(plan, {
    rowsPerChunk: 1,
    chunkItemShape: [838, 5000],
    chunksPerRowBlock: 12,
    chunkBytes: 838 * 5000 * 2,
  });
  assert.ok(plan.chunksPerRowBlock * plan.chunkItemShape[0]! >= 10_000);
  assert.ok(plan.chunkBytes <= 8 << 20);
});

test("a frame of up to 32 MiB is one chunk, and a single line that is larger stays whole", () => {
  assert.equal(chunkPlanOf(frame(4096, 4096), 1).chunksPerRowBlock, 1);
  assert.equal(chunkPlanOf(frame(4096, 4097), 1).chunksPerRowBlock, 5);
  const line = chunkPlanOf({ name: "f", dtype: "uint8", shape: [2, 2 ** 25], dims: ["y", "x"] }, 1);
  assert.deepEqual([line.chunkItemShape, line.chunksPerRowBlock], [[1, 2 ** 25], 2]);
});

test("the bytes of a chunk are those of its rows", () => {
  assert.deepEqual(chunkPlanOf(spectrum, 32), {
    rowsPerChunk: 32,
    chunkItemShape: [2048],
    chunksPerRowBlock: 1,
    chunkBytes: 32 * 2048 * 4,
  });
});
