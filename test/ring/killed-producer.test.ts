import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { RingReader } from "../../src/ring/ring-reader.ts";
import { isCounted, Tally } from "./counted-samples.ts";
import { Random } from "./random.ts";
import { startProcess } from "./start-process.ts";
import { attach, temporaryRingPath } from "./temporary-ring.ts";

/** Reads to the end of a ring whose producer is gone; every byte is checked. */
function drain(reader: RingReader): Tally[] {
  const tallies = [new Tally(), new Tally()];
  for (;;) {
    const record = reader.next();
    if (record === undefined) {
      if (reader.state !== "open") break;
      reader.waitBlocking(300);
      continue;
    }
    const tally = tallies[record.streamIndex]!;
    tally.take(record);
    if (record.kind === "gap") continue;
    const isSound = isCounted(record);
    if (reader.isIntact(record)) assert.ok(isSound, `the record at ${record.position} is what was written`);
    else {
      tally.untake(record);
      reader.reject(record, 0);
    }
  }
  return tallies;
}

test("a reservation whose owner was killed is skipped, and what was committed behind it is still read", async (t) => {
  const path = temporaryRingPath(t);
  const producer = startProcess(t, "hold", path);
  await producer.says();
  const reader = attach(t, path, "reader", { durable: true });
  const early = [reader.next()!, reader.next()!, reader.next()!].length;
  assert.equal(early, 3);
  assert.equal(reader.next(), undefined, "a reservation that is still open holds back what is behind it");
  reader.waitBlocking(10);
  assert.equal(reader.state, "open");
  await producer.kill();

  // One that begins now, and one that had begun before.
  for (const each of [reader, attach(t, path, "late", { durable: true })]) {
    each.seek(0, []);
    const seen: unknown[] = [];
    for (let tries = 0; tries < 20 && each.state === "open"; tries++) {
      for (let record = each.next(); record !== undefined; record = each.next()) {
        assert.ok(isCounted(record));
        const lost = record.lostBefore > 0 ? [record.lostBefore, record.lostReason] : [];
        seen.push([record.stream.schema.name, record.firstSequence, record.count, ...lost]);
      }
      each.waitBlocking(300);
    }
    for (let record = each.next(); record !== undefined; record = each.next())
      seen.push([
        record.stream.schema.name,
        record.firstSequence,
        record.count,
        record.lostBefore,
        record.lostReason,
      ]);
    assert.equal(each.state, "producer-died");
    assert.deepEqual(seen, [
      ["a", 0, 5],
      ["a", 5, 4],
      ["b", 0, 6],
      ["a", 12, 2, 3, "aborted"],
      ["b", 6, 1, 0, "aborted"],
    ]);
    assert.equal(each.producedOf(0), 14, "what was reserved at the end and never committed was not produced");
    assert.equal(each.producedOf(1), 7);
  }
});

test("a producer killed at any moment leaves a ring that reads to its end, with every record read or lost once", async (t) => {
  const random = new Random(20_261);
  for (let round = 0; round < 12; round++) {
    const path = temporaryRingPath(t);
    const sizeBytes = round % 3 === 0 ? 8192 : 1 << 20;
    const producer = startProcess(t, "produce", path, sizeBytes, round);
    await producer.says();
    // Some read along, some come when all is over.
    const early = round % 2 === 0 ? attach(t, path, "early", { durable: true }) : undefined;
    await delay(random.integer(0, 120));
    await producer.kill();
    const late = attach(t, path, "late");
    for (const reader of early === undefined ? [late] : [early, late]) {
      const tallies = drain(reader);
      assert.equal(reader.state, "producer-died");
      for (const [index, tally] of tallies.entries()) {
        // Killed between publishing a record and counting it: the record is read, and the count is behind by it.
        const seen = tally.read + tally.lost;
        tally.finish(Math.max(reader.producedOf(index), seen));
        assert.ok(seen - reader.producedOf(index) <= 60);
      }
      assert.ok(tallies.some((tally) => tally.read > 0));
    }
  }
});

test("a reader that is overtaken by another process all the time sees whole records only, and counts what it lost", async (t) => {
  const path = temporaryRingPath(t);
  const producer = startProcess(t, "produce", path, 16_384, 7);
  await producer.says();
  const reader = attach(t, path, "reader");
  const tallies = [new Tally(), new Tally()];
  let overtaken = 0;
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    const record = reader.next();
    if (record === undefined) {
      reader.waitBlocking(5);
      continue;
    }
    const tally = tallies[record.streamIndex]!;
    tally.take(record);
    if (record.kind === "gap") continue;
    const isSound = isCounted(record);
    if (reader.isIntact(record)) assert.ok(isSound, `the record at ${record.position} is what was written`);
    else {
      overtaken++;
      tally.untake(record);
      reader.reject(record, 0);
    }
  }
  await producer.kill();
  t.diagnostic(
    `${tallies[0]!.read} records read, ${tallies[0]!.lost} lost, ${overtaken} overwritten while they were read`,
  );
  assert.ok(tallies.every((tally) => tally.read > 0 && tally.lost > 0));
});
