import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { countedRecords, countedSchema, isCounted, Tally } from "../../test/ring/counted-samples.ts";
import { attach, temporaryRing } from "../../test/ring/temporary-ring.ts";
import type { RingOptions } from "./ring-options.ts";
import type { RingReader } from "./ring-reader.ts";
import type { RingStream } from "./ring-stream.ts";

/** 20 records of a counted stream take 256 bytes: 64 of header, 24 + 80 + 24 + 24 of columns, rounded up. */
const perRecord = 20;
const recordBytes = 256;

function begin(t: TestContext, options: RingOptions) {
  const ring = temporaryRing(t, options);
  return { ring, stream: ring.openStream(countedSchema("a")) };
}

function write(stream: RingStream, count = perRecord): void | Promise<void> {
  return stream.write(countedRecords("a", stream.produced, count));
}

function readAll(reader: RingReader, tally: Tally): void {
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    assert.ok(isCounted(record));
    tally.take(record);
  }
}

test("discard-oldest overwrites the oldest, and each reader learns exactly what it lost", (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096 });
  const recorder = attach(t, ring.path, "recorder", { durable: true });
  const tap = attach(t, ring.path, "tap");
  const tallies = [new Tally(), new Tally()] as const;
  write(stream);
  readAll(tap, tallies[1]);
  for (let number = 1; number < 50; number++) assert.equal(write(stream), undefined);
  readAll(recorder, tallies[0]);
  readAll(tap, tallies[1]);
  assert.deepEqual(tallies[0].lostRanges, [{ first: 0, count: 34 * perRecord, reason: "ring-lapped" }]);
  assert.deepEqual(tallies[1].lostRanges, [
    { first: perRecord, count: 33 * perRecord, reason: "ring-lapped" },
  ]);
  const late = attach(t, ring.path, "late", { durable: true });
  const lateTally = new Tally();
  readAll(late, lateTally);
  assert.deepEqual(
    lateTally.lostRanges,
    tallies[0].lostRanges,
    "one that came late lost them for the same reason",
  );
  recorder.store(recorder.cursor);
  const lost = Object.fromEntries(
    ring.status().consumers.map(({ name, lostRecords }) => [name, lostRecords]),
  );
  assert.deepEqual(lost, { recorder: 34 * perRecord, tap: 33 * perRecord, late: 0 });
});

test("block waits for the slowest recorder, never for a tap, and loses nothing", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block" });
  const readers = ["first", "second"].map((name) => ({
    reader: attach(t, ring.path, name, { durable: true }),
    tally: new Tally(),
  }));
  const tap = attach(t, ring.path, "tap");
  let waits = 0;
  for (let number = 0; number < 300; number++) {
    const writing = write(stream, 1 + ((number * 7) % 60));
    if (writing === undefined) continue;
    waits++;
    let isDone = false;
    const finished = writing.then(() => {
      isDone = true;
    });
    // One that stores alone does not make room.
    readAll(readers[0]!.reader, readers[0]!.tally);
    readers[0]!.reader.store(readers[0]!.reader.cursor);
    await new Promise(setImmediate);
    assert.equal(isDone, false);
    assert.ok(readers[1]!.reader.isProducerWaiting);
    readAll(readers[1]!.reader, readers[1]!.tally);
    readers[1]!.reader.store(readers[1]!.reader.cursor);
    await finished;
  }
  assert.ok(waits > 10);
  ring.close();
  for (const { reader, tally } of readers) {
    readAll(reader, tally);
    tally.finish(stream.produced);
    assert.equal(tally.lost, 0);
  }
  const tapTally = new Tally();
  readAll(tap, tapTally);
  assert.ok(tapTally.lost > 0);
});

test("block gives a record of more than half the ring its space once everything is stored, wherever the lap is", async (t) => {
  for (let before = 0; before < 16; before++) {
    const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block", blockTimeoutMs: 500 });
    const reader = attach(t, ring.path, "recorder", { durable: true });
    for (let number = 0; number < before; number++) await write(stream);
    const tally = new Tally();
    readAll(reader, tally);
    reader.store(reader.cursor);
    await write(stream, 500);
    readAll(reader, tally);
    tally.finish(stream.produced);
    assert.equal(tally.lost, 0);
  }
});

test("block says after its time-out that the recorder hangs, and the stream goes on when it comes back", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block", blockTimeoutMs: 60 });
  const reader = attach(t, ring.path, "recorder", { durable: true });
  for (let number = 0; number < 4096 / recordBytes; number++) assert.equal(write(stream), undefined);
  const { produced } = stream;
  await assert.rejects(async () => write(stream), {
    code: "ring-full",
    message: "The ring stayed full for 0.06 s: the recorder does not keep up, or hangs.",
  });
  await assert.rejects(async () => stream.reserve(5), { code: "ring-full" });
  await assert.rejects(async () => stream.lose(5, "device", ""), { code: "ring-full" });
  assert.equal(stream.produced, produced, "what was refused was not produced");
  const tally = new Tally();
  readAll(reader, tally);
  reader.store(reader.cursor);
  await write(stream);
  readAll(reader, tally);
  tally.finish(stream.produced);
  assert.equal(tally.lost, 0);
});

test("block with no recorder attached keeps what it has, and says that nobody records", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block", blockTimeoutMs: 30 });
  attach(t, ring.path, "tap");
  for (let number = 0; number < 4096 / recordBytes; number++) assert.equal(write(stream), undefined);
  await assert.rejects(async () => write(stream), { code: "ring-full", message: /no recorder is attached/ });
  const tally = new Tally();
  readAll(attach(t, ring.path, "recorder", { durable: true }), tally);
  tally.finish(stream.produced);
  assert.equal(tally.lost, 0);
});

test("block waits for a driver's reservation instead of failing at once, and names it when that takes too long", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block", blockTimeoutMs: 300 });
  const other = ring.openStream(countedSchema("b"));
  const reader = attach(t, ring.path, "recorder", { durable: true });
  const held = other.reserve(1);
  assert.ok(!(held instanceof Promise));
  for (let number = 0; number < 15; number++) write(stream);
  await assert.rejects(async () => write(stream), {
    code: "ring-full",
    message: /a driver holds space in it/,
  });
  const writing = write(stream);
  held.abandon("device", "");
  for (let record = reader.next(); record !== undefined; record = reader.next());
  reader.store(reader.cursor);
  await writing;
});

test("those who wait for space get it in the order in which they came", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block" });
  const reader = attach(t, ring.path, "recorder", { durable: true });
  for (let number = 0; number < 4096 / recordBytes; number++) write(stream);
  const order: string[] = [];
  const note = (what: string) => () => void order.push(what);
  const large = Promise.resolve(stream.write(countedRecords("a", 320, 300))).then(note("large"));
  const small = Promise.resolve(stream.write(countedRecords("a", 620, 1))).then(note("small"));
  // Room for the small one alone, at first.
  reader.next();
  reader.store(reader.cursor);
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.deepEqual(order, []);
  while (reader.next() !== undefined);
  reader.store(reader.cursor);
  await Promise.all([large, small]);
  assert.deepEqual(order, ["large", "small"]);
  assert.deepEqual([reader.next()?.firstSequence, reader.next()?.firstSequence], [320, 620]);
});

test("closing ends the wait of those who wait for space", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block" });
  for (let number = 0; number < 4096 / recordBytes; number++) write(stream);
  const waiting = assert.rejects(async () => write(stream), { code: "ring", message: /closed/ });
  ring.remove();
  await waiting;
});

test("resize grows while a recorder is behind, keeps everything, and then does as it was told", (t) => {
  for (const resizeThen of ["discard-oldest", "block"] as const) {
    const { ring, stream } = begin(t, {
      sizeBytes: 4096,
      overflow: "resize",
      maxSizeBytes: 32_768,
      resizeThen,
    });
    const reader = attach(t, ring.path, "recorder", { durable: true });
    const tally = new Tally();
    // In the middle of a lap, and the last growth is before anything of the first generation was read.
    for (let number = 0; number < 5; number++) write(stream);
    readAll(reader, tally);
    reader.store(reader.cursor);
    for (let number = 0; number < 100; number++) assert.equal(write(stream, perRecord), undefined);
    assert.equal(ring.status().capacityBytes, 32_768);
    readAll(reader, tally);
    reader.store(reader.cursor);
    tally.finish(stream.produced);
    assert.equal(tally.lost, 0);
    for (let number = 0; number < 4 * 128; number++) {
      const writing = write(stream);
      if (writing === undefined) continue;
      assert.equal(resizeThen, "block");
      writing.catch(() => undefined);
      break;
    }
    readAll(reader, tally);
    assert.equal(tally.lost > 0, resizeThen === "discard-oldest");
    assert.equal(reader.capacityBytes, 32_768);
  }
});

test("resize does not grow while the recorder keeps up", (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "resize", maxSizeBytes: 65_536 });
  const reader = attach(t, ring.path, "recorder", { durable: true });
  attach(t, ring.path, "tap that never reads");
  const tally = new Tally();
  for (let number = 0; number < 500; number++) {
    write(stream, 1 + (number % 100));
    readAll(reader, tally);
    reader.store(reader.cursor);
  }
  assert.equal(ring.status().capacityBytes, 4096);
});

test("resize keeps everything up to its largest size while nobody records yet", (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "resize", maxSizeBytes: 16_384 });
  for (let number = 0; number < 16_384 / recordBytes - 1; number++) write(stream);
  const tally = new Tally();
  readAll(attach(t, ring.path, "recorder", { durable: true }), tally);
  tally.finish(stream.produced);
  assert.equal(tally.lost, 0);
});

for (const maxSizeBytes of [8192, 32_768])
  test(`resize up to ${maxSizeBytes} grows wherever in the lap it has to, also in its last piece`, (t) => {
    for (let stored = 0; stored <= 16; stored++)
      for (let further = 0; further < stored; further++) {
        const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "resize", maxSizeBytes });
        const reader = attach(t, ring.path, "recorder", { durable: true });
        const tally = new Tally();
        for (let number = 0; number < 4096 / recordBytes; number++) write(stream);
        for (let number = 0; number < stored; number++) tally.take(reader.next()!);
        reader.store(reader.cursor);
        for (let number = 0; number < further; number++) write(stream);
        // Larger than what is left of the lap: what is left may still hold records that nobody stored.
        for (let number = 0; number < 4; number++) write(stream, 500);
        for (let number = 0; number < 5; number++) write(stream);
        readAll(reader, tally);
        tally.finish(stream.produced);
        // The smaller one cannot keep it all; what it keeps is whole.
        assert.equal(tally.lost > 0, maxSizeBytes === 8192);
        ring.remove();
        reader.detach();
      }
  });

test("a producer can wait until a recorder has stored what it wrote, whatever it reads, and until it gives up", async (t) => {
  const { ring, stream } = begin(t, { sizeBytes: 4096, overflow: "block" });
  const recorder = attach(t, ring.path, "recorder", { durable: true });
  write(stream);
  let isOver = false;
  const states: string[] = [];
  const stored = ring.stored(() => isOver).then(() => states.push("stored"));
  readAll(recorder, new Tally());
  await new Promise((done) => setTimeout(done, 150));
  assert.deepEqual(states, []);
  assert.ok(recorder.isProducerWaiting, "the recorder does not see that somebody waits");
  recorder.store(recorder.cursor);
  await stored;
  await ring.stored(() => false);
  write(stream);
  const givenUp = ring.stored(() => isOver);
  isOver = true;
  await givenUp;
  assert.ok(ring.status().waitingBytes > 0);
});
