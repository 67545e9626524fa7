import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { countedRecords, countedSchema } from "../../test/ring/counted-samples.ts";
import { attach, temporaryRing } from "../../test/ring/temporary-ring.ts";
import { slot, slotBytes, slotsOffset } from "./layout.ts";
import { isAlive, ownIdentity } from "./process-identity.ts";
import { attachRingFile } from "./ring-file.ts";
import { RingReader } from "./ring-reader.ts";

function rawMemory(t: TestContext, path: string) {
  const file = attachRingFile(path);
  t.after(() => file.close());
  return file.memory;
}

function pidOfADeadProcess(): number {
  return spawnSync(process.execPath, ["-e", "0"]).pid;
}

test("thirty-two consumers have a place, the next one is told so, and a place given back is used again", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const readers = Array.from({ length: 32 }, (_, index) =>
    attach(t, ring.path, `reader ${index}`, { durable: index < 9 }),
  );
  assert.equal(ring.status().consumers.length, 32);
  const attachOne = () => attach(t, ring.path, "one more");
  assert.throws(attachOne, { code: "ring", message: "All 32 consumer slots of the ring are taken." });
  readers[4]!.detach();
  assert.equal(attachOne().resumed, false);
  assert.throws(attachOne, /All 32/);
});

test("a tap that closes gives its place back, so that any number may come and go", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  for (let index = 0; index < 100; index++) {
    const tap = RingReader.attach(ring.path, { name: `tap ${index}`, durable: false });
    if (index % 2 === 0) tap.close();
    else tap.detach();
  }
  assert.deepEqual(ring.status().consumers, []);
});

test("a recorder that closes keeps its place, also within one process, and nobody else gets it", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const stream = ring.openStream(countedSchema("a"));
  const first = RingReader.attach(ring.path, { name: "recorder", durable: true });
  stream.write(countedRecords("a", 0, 5));
  stream.write(countedRecords("a", 5, 5));
  first.next();
  const { cursor } = first;
  first.store(cursor);
  first.next();
  first.close();
  const [kept] = ring.status().consumers;
  assert.deepEqual([kept?.name, kept?.durable, kept?.alive, kept?.cursor], ["recorder", true, false, cursor]);
  for (let index = 0; index < 31; index++) attach(t, ring.path, `tap ${index}`);
  assert.throws(() => attach(t, ring.path, "tap 31"), /All 32/);
  const second = attach(t, ring.path, "recorder", { durable: true });
  assert.deepEqual([second.resumed, second.cursor], [true, cursor]);
  second.seek(second.cursor, [5]);
  assert.equal(second.next()?.firstSequence, 5);
});

test("two recorders of one name cannot run at once, two of different names can, and a tap may have any name", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  attach(t, ring.path, "recorder", { durable: true });
  assert.throws(() => attach(t, ring.path, "recorder", { durable: true }), {
    code: "ring",
    message: `Process ${process.pid} records from this ring already, as "recorder".`,
  });
  assert.equal(attach(t, ring.path, "second", { durable: true }).resumed, false);
  assert.equal(attach(t, ring.path, "recorder").resumed, false);
  assert.throws(() => attach(t, ring.path, "ä".repeat(21)), /longer than 40 bytes/);
  assert.equal(attach(t, ring.path, "ä".repeat(20)).resumed, false);
  assert.ok(ring.status().consumers.some(({ name }) => name === "ä".repeat(20)));
});

test("the place of a tap whose process is gone is taken, also when another process has its number now", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const memory = rawMemory(t, ring.path);
  for (let index = 0; index < 32; index++) attach(t, ring.path, `tap ${index}`);
  memory.i32[(slotsOffset + 3 * slotBytes + slot.pid) / 4] = pidOfADeadProcess();
  attach(t, ring.path, "third");
  // This process lives, but began at another time than the one that took the slot.
  memory.set(slotsOffset + 7 * slotBytes + slot.startTicks, 12_345);
  if (process.platform === "linux") attach(t, ring.path, "seventh");
  const names = ring.status().consumers.map(({ name }) => name);
  assert.deepEqual([names[3], names[7]], ["third", process.platform === "linux" ? "seventh" : "tap 7"]);
});

test("a place whose owner died while taking it is free, and one whose owner died while resuming it is kept", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096, overflow: "block" });
  const memory = rawMemory(t, ring.path);
  const dead = pidOfADeadProcess();
  const recorder = RingReader.attach(ring.path, { name: "recorder", durable: true });
  recorder.close();
  const setSlot = (index: number, pid: number, state: number) => {
    memory.i32[(slotsOffset + index * slotBytes + slot.pid) / 4] = pid;
    memory.i32[(slotsOffset + index * slotBytes + slot.state) / 4] = state;
  };
  setSlot(0, dead, 3);
  setSlot(1, dead, 2);
  const tap = attach(t, ring.path, "tap");
  assert.deepEqual(
    ring.status().consumers.map(({ name, durable }) => [name, durable]),
    [
      ["recorder", true],
      ["tap", false],
    ],
  );
  assert.equal(attach(t, ring.path, "recorder", { durable: true }).resumed, true);
  tap.detach();
});

test("a process is alive until it ended, also when nobody has asked for its result", async () => {
  assert.ok(isAlive(ownIdentity()));
  assert.ok(!isAlive({ pid: 0, startTicks: 0 }));
  assert.ok(!isAlive({ pid: -1, startTicks: 0 }));
  assert.ok(!isAlive({ pid: pidOfADeadProcess(), startTicks: 0 }));
  if (process.platform === "linux")
    assert.ok(!isAlive({ pid: process.pid, startTicks: ownIdentity().startTicks + 1 }));
});

test("status tells each consumer's place, and how much waits for the slowest recorder", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 8192 });
  const stream = ring.openStream(countedSchema("a"));
  assert.equal(ring.status().waitingBytes, 0);
  const slow = attach(t, ring.path, "slow", { durable: true });
  const fast = attach(t, ring.path, "fast", { durable: true });
  attach(t, ring.path, "tap");
  stream.write(countedRecords("a", 0, 5));
  stream.write(countedRecords("a", 5, 5));
  while (fast.next() !== undefined);
  fast.store(fast.cursor);
  slow.next();
  assert.equal(ring.status().waitingBytes, fast.cursor, "what is read and not stored still waits");
  slow.store(slow.cursor);
  const { capacityBytes, waitingBytes, consumers } = ring.status();
  assert.deepEqual([capacityBytes, waitingBytes], [8192, fast.cursor - slow.cursor]);
  assert.deepEqual(
    consumers.map(({ name, durable, cursor, lostRecords, alive, pid }) => [
      name,
      durable,
      cursor,
      lostRecords,
      alive,
      pid,
    ]),
    [
      ["slow", true, slow.cursor, 0, true, process.pid],
      ["fast", true, fast.cursor, 0, true, process.pid],
      ["tap", false, 0, 0, true, process.pid],
    ],
  );
});
