import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { countedRecords, countedSchema, isCounted } from "../../test/ring/counted-samples.ts";
import { attach, temporaryRing, temporaryRingPath } from "../../test/ring/temporary-ring.ts";
import type { RunInfo } from "../model/run.ts";
import { dataOffset, header, record as recordLayout, streamsOffset } from "./layout.ts";
import { attachRingFile } from "./ring-file.ts";
import { RingReader } from "./ring-reader.ts";
import { RingWriter } from "./ring-writer.ts";

const info: RunInfo = {
  uid: "0123456789abcdef0123456789abcdef",
  startedAtNs: "1764000000000000000",
  experiment: { name: "scan", power: 1.5, n: 3 },
  host: "lab",
  software: { name: "daq-storage", version: "0.1.0" },
  devices: [{ id: "a", driver: "sim", settings: { rate: 3 } }],
};

function rawMemory(t: TestContext, path: string) {
  const file = attachRingFile(path);
  t.after(() => file.close());
  return file.memory;
}

test("tells the run and the streams as the producer declared them, also those that come later", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096, runUid: info.uid });
  const reader = attach(t, ring.path, "reader");
  assert.equal(reader.run, undefined);
  ring.describeRun(info);
  const a = ring.openStream(countedSchema("a"));
  assert.deepEqual(reader.run, info);
  assert.equal(reader.runUid, info.uid);
  assert.deepEqual(reader.streams, [a.schema]);
  const b = ring.openStream(countedSchema("b"));
  b.write(countedRecords("b", 0, 3));
  assert.equal(reader.next()?.stream.schema.name, "b");
  assert.deepEqual(reader.streams, [a.schema, b.schema]);
  assert.throws(() => ring.openStream(countedSchema("a")), /a stream "a" already/);
});

test("says when the descriptions of the streams do not fit any more, and what was declared stays", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const large = (name: string) => ({ ...countedSchema(name), metadata: { note: "x".repeat(100_000) } });
  ring.openStream(large("a"));
  ring.openStream(large("b"));
  assert.throws(() => ring.openStream(large("c")), {
    code: "ring",
    message: /descriptions of streams and run/,
  });
  const d = ring.openStream(countedSchema("d"));
  d.write(countedRecords("d", 0, 3));
  const reader = attach(t, ring.path, "reader");
  assert.equal(reader.next()?.stream.schema.name, "d");
});

test("a reader that begins with what comes next reports no loss for what was before", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const a = ring.openStream(countedSchema("a"));
  a.write(countedRecords("a", 0, 7));
  const reader = attach(t, ring.path, "tap", { from: "newest" });
  assert.equal(reader.next(), undefined);
  a.write(countedRecords("a", 7, 7));
  const record = reader.next()!;
  assert.deepEqual([record.firstSequence, record.lostBefore], [7, 0]);
  for (let number = 2; number < 200; number++) a.write(countedRecords("a", 7 * number, 7));
  const next = reader.next()!;
  assert.equal(next.lostBefore, next.firstSequence - 14);
});

test("a reader that begins between a record and its count reports no loss", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const a = ring.openStream(countedSchema("a"));
  a.write(countedRecords("a", 0, 7));
  const memory = rawMemory(t, ring.path);
  memory.store(streamsOffset, 0); // As it is for a moment, after the record was published.
  const reader = attach(t, ring.path, "tap", { from: "newest" });
  a.write(countedRecords("a", 7, 7));
  const record = reader.next()!;
  assert.deepEqual([record.firstSequence, record.lostBefore], [7, 0]);
});

test("the first records of a stream that was not known when they were overwritten are lost to the lapping", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const reader = attach(t, ring.path, "reader");
  const a = ring.openStream(countedSchema("a"));
  for (let number = 0; number < 40; number++) a.write(countedRecords("a", 20 * number, 20));
  const record = reader.next()!;
  assert.ok(record.lostBefore > 0);
  assert.equal(record.lostBefore, record.firstSequence);
  assert.equal(record.lostReason, "ring-lapped");
});

test("a record is no longer intact once its space was given to another, and what was not kept of it is lost", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const a = ring.openStream(countedSchema("a"));
  const reader = attach(t, ring.path, "reader");
  a.write(countedRecords("a", 0, 20));
  const record = reader.next()!;
  assert.ok(reader.isIntact(record));
  let written = 20;
  for (; reader.isIntact(record); written += 20) {
    assert.ok(isCounted(record), "intact means that all its bytes are there");
    a.write(countedRecords("a", written, 20));
  }
  reader.reject(record, 8);
  const next = reader.next()!;
  assert.equal(next.lostBefore, next.firstSequence - 8);
  assert.equal(next.lostReason, "ring-lapped");
});

test("a place taken up again goes on with the numbers it stored", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 65_536 });
  const a = ring.openStream(countedSchema("a"));
  const first = RingReader.attach(ring.path, { name: "recorder", durable: true });
  for (let number = 0; number < 10; number++) a.write(countedRecords("a", 20 * number, 20));
  for (let number = 0; number < 4; number++) first.next();
  first.store(first.cursor);
  const stored = first.cursor;
  first.next();
  first.close();
  const second = attach(t, ring.path, "recorder", { durable: true });
  assert.equal(second.storedCursor, stored);
  second.seek(second.cursor, [80]);
  const record = second.next()!;
  assert.deepEqual([record.firstSequence, record.lostBefore], [80, 0]);
});

test("the end is seen when all is read and the ring was closed, not before", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const a = ring.openStream(countedSchema("a"));
  const reader = attach(t, ring.path, "reader");
  a.write(countedRecords("a", 0, 5));
  ring.close();
  ring.close();
  reader.waitBlocking(1000);
  assert.equal(reader.state, "open");
  assert.equal(reader.next()?.count, 5);
  assert.equal(reader.next(), undefined);
  reader.waitBlocking(1000);
  assert.equal(reader.state, "closed");
});

test("a producer that is gone without closing is noticed", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const a = ring.openStream(countedSchema("a"));
  const reader = attach(t, ring.path, "reader");
  a.write(countedRecords("a", 0, 5));
  const memory = rawMemory(t, ring.path);
  memory.i32[header.producerPid / 4] = spawnSync(process.execPath, ["-e", "0"]).pid;
  memory.set(header.producerStartTicks, 0);
  await reader.wait(10);
  assert.equal(reader.state, "open");
  assert.equal(reader.next()?.count, 5);
  assert.equal(reader.next(), undefined);
  await reader.wait(10);
  assert.equal(reader.state, "producer-died");
  assert.equal(reader.next(), undefined);
});

test("bytes that are not a record are named as damage instead of being read", (t) => {
  for (const damage of [recordLayout.bytes, recordLayout.position, recordLayout.streamIndex]) {
    const ring = temporaryRing(t, { sizeBytes: 4096 });
    const a = ring.openStream(countedSchema("a"));
    const reader = attach(t, ring.path, "reader");
    a.write(countedRecords("a", 0, 5));
    const memory = rawMemory(t, ring.path);
    memory.u32[(dataOffset + damage) / 4] = damage === recordLayout.bytes ? 0 : 4711;
    assert.throws(() => reader.next(), { code: "ring", message: /damaged at position \d+/ });
  }
});

test("views that are used after closing read zeros and do not end the process", async (t) => {
  const path = temporaryRingPath(t);
  const ring = RingWriter.create(path, { sizeBytes: 65_536 });
  const a = ring.openStream(countedSchema("a"));
  const reader = RingReader.attach(path, { name: "reader", durable: true });
  a.write(countedRecords("a", 0, 100));
  a.write(countedRecords("a", 100, 100));
  const record = reader.next()!;
  const { payload } = record;
  const held = a.reserve(10);
  assert.ok(!(held instanceof Promise));
  const waiting = reader.wait(200);
  reader.close();
  ring.remove();
  await waiting;
  assert.equal(reader.state, "open", "that it was closed says nothing about the producer");
  assert.ok(payload.every((byte) => byte === 0));
  held.columns[0]!.fill(7);
  assert.equal(record.firstTimestampNs, 0n);
  assert.equal(reader.isIntact(record), true);
  assert.equal(reader.next(), undefined);
  reader.store(5);
  reader.close();
  reader.detach();
  ring.remove();
});

test("rings that come and go give their addresses back", {
  skip: process.platform !== "linux",
}, async (t) => {
  const script = `
    const { RingWriter } = await import(${JSON.stringify(new URL("./ring-writer.ts", import.meta.url).href)});
    const { readFileSync } = await import("node:fs");
    const size = () => Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
    const use = (sizeBytes) => RingWriter.create(process.argv[1], { sizeBytes: 4096, overflow: "resize", maxSizeBytes: sizeBytes }).remove();
    use(4096);
    const before = size();
    for (let round = 0; round < 40; round++) {
      use(2 ** 30);
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(size() - before < 8 * 2 ** 30);
  `;
  const path = temporaryRingPath(t);
  const { stdout } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", script, path], {
    encoding: "utf8",
  });
  assert.equal(stdout.trim(), "true");
});
