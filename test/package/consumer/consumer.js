// A stranger's program in plain JavaScript: imports every door of the installed package, records and reads back.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import description from "daq-storage/package.json" with { type: "json" };

for (const subPath of Object.keys(description.exports).filter((key) => !key.endsWith(".json"))) {
  const door = await import(`daq-storage${subPath.slice(1)}`);
  assert.ok(Object.keys(door).length > 0, `${subPath} exports nothing`);
  console.log(`imports daq-storage${subPath.slice(1)}: ${Object.keys(door).join(", ")}`);
}

const { DaqError, RecorderProcess, RingBuffer, readRunIndex, systemClock } = await import("daq-storage");
const { ArrowReader } = await import("daq-storage/formats/arrow");
const { readRows } = await import("daq-storage/formats/csv");

assert.throws(() => RingBuffer.create("/dev/shm/never", 100), DaqError);

const folder = mkdtempSync(join(process.cwd(), "consumer-"));
const uid = "0123456789abcdef".repeat(2);
const ring = RingBuffer.create(join(folder, "ring"), { sizeMb: 1, runUid: uid });
ring.describeRun({
  uid,
  startedAtNs: `${systemClock.nowNs()}`,
  experiment: { name: "consumer" },
  host: "here",
  software: { name: "consumer", version: "1.0.0" },
  devices: [{ id: "counter", driver: "consumer", settings: {} }],
});
const counter = ring.openStream({
  name: "counter",
  kind: "table",
  columns: [{ name: "n", dtype: "int32", shape: [], dims: [] }],
  source: "consumer",
  clock: "system",
});
const outputs = [
  { format: "arrow", compression: "none" },
  { format: "csv", compression: "gzip" },
].map(({ format, compression }) => ({
  format,
  path: join(folder, format === "csv" ? "run.csv.gz" : "run.arrow"),
  streams: ["counter"],
  options: { compression, durability: "process" },
}));
const indexPath = join(folder, "run.run.json");
const recorder = new RecorderProcess({
  ringPath: ring.path,
  name: "recorder",
  indexPath,
  outputs,
  flushIntervalMs: 100,
  durability: "process",
});
await recorder.ready;
const expected = Array.from({ length: 1000 }, (_, n) => n * n);
for (const n of expected)
  await counter.write({
    count: 1,
    timestampNs: systemClock.nowNs(),
    columns: [new Uint8Array(Int32Array.of(n).buffer)],
  });
ring.close();
const { index, error } = await recorder.outcome;
assert.equal(error, undefined);
ring.remove();
assert.equal(index.end, "closed");
assert.deepEqual(await readRunIndex(indexPath), index);

const fromArrow = [];
const reader = await ArrowReader.open(outputs[0].path);
for await (const { columns } of reader.batches()) {
  const { buffer, byteOffset, byteLength } = columns[0].bytes;
  fromArrow.push(...new Int32Array(buffer, byteOffset, byteLength / 4));
}
await reader.close();
assert.deepEqual(fromArrow, expected);

const fromCsv = [];
for await (const [, , n] of readRows(outputs[1].path, { unterminated: "skip" })) fromCsv.push(n);
assert.deepEqual(fromCsv, ["n", ...expected.map(String)]);
console.log("records through a recorder process, and reads the same values back from Arrow and CSV");
