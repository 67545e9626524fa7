import { rmSync } from "node:fs";
import type { TestContext } from "node:test";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { RingOptions } from "../../ring/ring-options.ts";
import { RingWriter } from "../../ring/ring-writer.ts";

let made = 0;

/** A ring with a run in it, under a name that `daq tail` without an operand does not look at. */
export function testRing(t: TestContext, options: Partial<RingOptions> = {}): RingWriter {
  const path = `/dev/shm/cli-test-${process.pid}-${made++}`;
  const ring = RingWriter.create(path, { sizeBytes: 1 << 20, runUid: "ab".repeat(16), ...options });
  t.after(() => {
    ring.close();
    rmSync(path, { force: true });
  });
  ring.describeRun(testRun);
  return ring;
}

export const testRun: RunInfo = {
  uid: "ab".repeat(16),
  startedAtNs: "1700000000000000000",
  experiment: { name: "scan" },
  host: "here",
  software: { name: "test", version: "0" },
  devices: [],
};

/** A scalar with a unit, one that may be missing, raw counts with a scale, and a short vector. */
export const meter: StreamSchema = {
  name: "meter",
  kind: "table",
  columns: [
    { name: "power", dtype: "float64", shape: [], dims: [], unit: "mW", nullable: true },
    { name: "raw", dtype: "int16", shape: [], dims: [], unit: "V", scale: 0.5, offset: 1 },
    { name: "xy", dtype: "float32", shape: [2], dims: ["axis"] },
  ],
  source: "test",
  clock: "system",
  rateHz: 1000,
};

export const camera: StreamSchema = {
  name: "camera",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [2, 3], dims: ["y", "x"], unit: "counts" }],
  source: "test",
  clock: "system",
};

export const startNs = 1_700_000_000_000_000_000n;

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Rows whose values follow from their numbers: power = row, raw = 2 × row, xy = (row, 0.1). */
export function meterRows(first: number, count: number) {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  return {
    count,
    timestampNs: startNs + BigInt(first) * 1_000_000n,
    columns: [
      bytesOf(Float64Array.from(numbers)),
      bytesOf(Int16Array.from(numbers, (number) => 2 * number)),
      bytesOf(Float32Array.from(numbers.flatMap((number) => [number, 0.1]))),
    ],
  };
}
