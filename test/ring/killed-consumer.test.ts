import assert from "node:assert/strict";
import { test } from "node:test";
import { listConsumers } from "../../src/ring/consumer-slots.ts";
import { attachRingFile } from "../../src/ring/ring-file.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import { countedRecords, countedSchema, isCounted } from "./counted-samples.ts";
import { startProcess } from "./start-process.ts";
import { attach, temporaryRing } from "./temporary-ring.ts";

test("a killed recorder's place is kept, blocks the producer meanwhile, and is taken over by its name", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 8192, overflow: "block", blockTimeoutMs: 20_000 });
  const stream = ring.openStream(countedSchema("a"));
  const recorder = startProcess(t, "record", ring.path, "recorder");
  assert.deepEqual(await recorder.says(), { attached: true, resumed: false, cursor: 0 });
  for (let number = 0; number < 40; number++) await stream.write(countedRecords("a", stream.produced, 20));
  const stored = (await recorder.says())!.stored as number;
  assert.ok(stored > 0);
  await recorder.kill();

  const [slot] = ring.status().consumers;
  assert.deepEqual([slot?.name, slot?.alive, slot?.durable], ["recorder", false, true]);
  let isWaiting = true;
  const filling = (async () => {
    for (let number = 0; number < 60; number++) await stream.write(countedRecords("a", stream.produced, 20));
    isWaiting = false;
  })();
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(isWaiting, true, "the producer waits for a recorder that will come back");

  const successor = attach(t, ring.path, "recorder", { durable: true });
  assert.equal(successor.resumed, true);
  assert.equal(successor.cursor, slot!.cursor);
  assert.ok(successor.cursor >= stored);
  assert.equal(ring.status().consumers.length, 1);
  assert.equal(ring.status().consumers[0]!.pid, process.pid);
  let next: number | undefined;
  while (next !== 2000) {
    const record = successor.next();
    if (record === undefined) {
      await successor.wait(100);
      continue;
    }
    assert.ok(isCounted(record));
    assert.equal(
      record.firstSequence,
      next ?? record.firstSequence,
      "no record is missing, none comes twice",
    );
    next = record.firstSequence + record.count;
    successor.store(successor.cursor);
  }
  await filling;
});

test("a tap's slot is free again when its process was killed, and a recorder's is not", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const taps = Array.from({ length: 3 }, (_, index) =>
    startProcess(t, "attach", ring.path, `tap ${index}`, "tap"),
  );
  const recorder = startProcess(t, "attach", ring.path, "recorder", "durable");
  await Promise.all([...taps, recorder].map((each) => each.says()));
  for (let index = 0; index < 28; index++) attach(t, ring.path, `own ${index}`);
  const attachOne = () => RingReader.attach(ring.path, { name: "one more", durable: false });
  assert.throws(attachOne, { code: "ring", message: /All 32 consumer slots/ });
  await recorder.kill();
  assert.throws(attachOne, { code: "ring", message: /All 32 consumer slots/ });
  await taps[1]!.kill();
  const reader = attachOne();
  t.after(() => reader.detach());
  const names = ring.status().consumers.map(({ name }) => name);
  assert.ok(names.includes("one more") && names.includes("recorder") && !names.includes("tap 1"));
});

test("of several new recorders of one name that start together, at most one gets the ring", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const file = attachRingFile(ring.path);
  t.after(() => file.close());
  for (let round = 0; round < 3; round++) {
    const all = Array.from({ length: 4 }, () =>
      startProcess(t, "attach", ring.path, `recorder ${round}`, "durable"),
    );
    const answers = await Promise.all(all.map((each) => each.says()));
    assert.ok(answers.filter((answer) => answer?.attached === true).length <= 1);
    for (const { refused } of answers as { refused?: string }[])
      if (refused !== undefined) assert.match(refused, /records from this ring already/);
    const places = listConsumers(file.memory).filter(({ name }) => name === `recorder ${round}`);
    assert.ok(places.length <= 1, "no two places of one name");
    for (const each of all) await each.kill();
  }
});
