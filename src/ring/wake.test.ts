import assert from "node:assert/strict";
import { test } from "node:test";
import { countedRecords, countedSchema } from "../../test/ring/counted-samples.ts";
import { startProcess } from "../../test/ring/start-process.ts";
import { attach, temporaryRing } from "../../test/ring/temporary-ring.ts";
import { header } from "./layout.ts";
import { attachRingFile } from "./ring-file.ts";
import { Wake } from "./wake.ts";

for (const how of ["blocking", "async"])
  test(`a reader that sleeps in another process wakes up when something is written (${how})`, async (t) => {
    const ring = temporaryRing(t, { sizeBytes: 4096 });
    const stream = ring.openStream(countedSchema("a"));
    const waiter = startProcess(t, "wait", ring.path, how);
    await waiter.says();
    await new Promise((resolve) => setTimeout(resolve, 100));
    stream.write(countedRecords("a", 0, 1));
    assert.deepEqual(await waiter.says(), { woke: 0 });
  });

test("everybody who sleeps is woken, and the event loop goes on meanwhile", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const file = attachRingFile(ring.path);
  t.after(() => file.close());
  const wake = new Wake(file.memory, header.dataWake);
  let woken = 0;
  const sleepers = [1, 2, 3].map(() => wake.sleepAsync(() => false, 20_000).then(() => woken++));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(woken, 0);
  assert.ok(wake.isAwaited);
  wake.signal();
  await Promise.all(sleepers);
  assert.equal(woken, 3);
  assert.ok(!wake.isAwaited);
});

test("nobody falls asleep who is late, and a signal that nobody waits for is not kept", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const file = attachRingFile(ring.path);
  t.after(() => file.close());
  const wake = new Wake(file.memory, header.dataWake);
  // The signal comes between the look and the sleep: the counter has moved on.
  let looks = 0;
  await wake.sleepAsync(() => {
    looks++;
    wake.signal();
    return false;
  }, 20_000);
  wake.sleep(() => {
    looks++;
    wake.signal();
    return false;
  }, 20_000);
  await wake.sleepAsync(() => looks++ > 0, 20_000);
  assert.equal(looks, 3);
  wake.signal();
  const before = performance.now();
  wake.sleep(() => false, 30);
  assert.ok(performance.now() - before >= 25);
  wake.sleep(() => false, -5);
});

test("the counter wraps around without waking anybody too late", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const file = attachRingFile(ring.path);
  t.after(() => file.close());
  const wake = new Wake(file.memory, header.dataWake);
  for (const start of [0x7fff_ffff, -1]) {
    file.memory.i32[header.dataWake / 4] = start;
    const sleeper = wake.sleepAsync(() => false, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    wake.signal();
    await sleeper;
  }
});

test("a reader in the same process is woken by a write, a reservation's commit, and the close", async (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const stream = ring.openStream(countedSchema("a"));
  const reader = attach(t, ring.path, "reader");
  const arrival = async () => {
    while (reader.next() === undefined && reader.state === "open") await reader.wait(20_000);
  };
  let waiting = arrival();
  stream.write(countedRecords("a", 0, 1));
  await waiting;
  const held = stream.reserve(1);
  assert.ok(!(held instanceof Promise));
  waiting = arrival();
  held.commit(1n);
  await waiting;
  waiting = arrival();
  ring.close();
  await waiting;
  assert.equal(reader.state, "closed");
});
