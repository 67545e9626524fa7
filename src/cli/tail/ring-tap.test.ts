import assert from "node:assert/strict";
import { test } from "node:test";
import { copyRows } from "./record-rows.ts";
import { camera, meter, meterRows, testRing } from "./ring-for-test.test.ts";
import { type Hole, RingTap } from "./ring-tap.ts";

const all = { fromStart: true, streams: [] };

test("seen, missed and lost add up to what was produced, also for a tap that is overtaken", (t) => {
  const ring = testRing(t, { sizeBytes: 16_384 });
  const stream = ring.openStream(meter);
  const tap = RingTap.attach(ring.path, all);
  const holes: Hole[] = [];
  const read = () => tap.read(1000, { onHole: (hole) => holes.push(hole) });
  for (let row = 0; row < 10; row++) stream.write(meterRows(row, 1));
  assert.equal(read(), true);
  stream.lose(4, "device", "counter jumped");
  for (let row = 10; row < 1000; row++) stream.write(meterRows(row, 1));
  read();
  const [view] = tap.streams;
  // The gap itself was overwritten: to this tap it is missed like everything around it.
  assert.ok(view!.missed > 500);
  assert.equal(view!.seen + view!.missed + view!.lost, 1004);
  assert.equal(holes.length, 1);
  assert.equal(holes[0]!.reason, undefined);
  stream.lose(3, "device", "cable");
  read();
  assert.deepEqual(holes.at(-1), { stream: view, first: 1004, count: 3, reason: "device", detail: "cable" });
  assert.equal(view!.lost, 3);
  tap.detach();
});

test("joins in the middle without calling what came before a loss", (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  for (let row = 0; row < 50; row++) stream.write(meterRows(row, 1));
  const tap = RingTap.attach(ring.path, { fromStart: false, streams: [] });
  stream.write(meterRows(50, 2));
  tap.read(1000);
  const [view] = tap.streams;
  assert.deepEqual([view!.seen, view!.missed, view!.lost], [2, 0, 0]);
  tap.detach();
});

test("goes back to the newest record of each stream, and loses its place in none", (t) => {
  const ring = testRing(t);
  const [table, frames] = [ring.openStream(meter), ring.openStream(camera)];
  const tap = RingTap.attach(ring.path, all);
  for (let row = 0; row < 5; row++) {
    frames.write({ count: 1, timestampNs: BigInt(row), columns: [new Uint8Array(12)] });
    table.write(meterRows(2 * row, 2));
  }
  tap.read(1000);
  const seen: [string, number][] = [];
  tap.visitNewest((record, stream) =>
    seen.push([stream.schema.name, record.firstSequence + record.count - 1]),
  );
  assert.deepEqual(seen, [
    ["meter", 9],
    ["camera", 4],
  ]);
  tap.visitNewest(() => assert.fail("nothing is new"));
  table.write(meterRows(10, 1));
  tap.read(1000);
  assert.deepEqual(
    tap.streams.map(({ seen, missed, lost }) => [seen, missed, lost]),
    [
      [11, 0, 0],
      [5, 0, 0],
    ],
  );
  tap.detach();
});

test("counts what it leaves out as missed, and what was overwritten behind the last record it read", (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  const tap = RingTap.attach(ring.path, all);
  for (let row = 0; row < 20; row++) stream.write(meterRows(row, 1));
  tap.skipToNewest();
  stream.write(meterRows(20, 1));
  tap.read(1000);
  const [view] = tap.streams;
  assert.deepEqual([view!.seen, view!.missed], [1, 20]);
  stream.write(meterRows(21, 7));
  tap.skipToNewest();
  tap.accountForRest();
  assert.deepEqual([view!.seen, view!.missed, view!.lost], [1, 27, 0]);
  tap.detach();
});

test("a record that was overwritten while it was copied is missed, not seen", (t) => {
  const ring = testRing(t, { sizeBytes: 8192 });
  const stream = ring.openStream(meter);
  const tap = RingTap.attach(ring.path, all);
  stream.write(meterRows(0, 1));
  let copied = 0;
  tap.read(1000, {
    onRecord: (record, tapped) => {
      if (copied === 0 && tapped.missed === 0)
        for (let row = 1; row < 300; row++) stream.write(meterRows(row, 1));
      const rows = copyRows(tap.reader, record, 0, record.count);
      if (rows === undefined) tap.reject(record, tapped);
      else copied += rows.count;
      return true;
    },
  });
  const [view] = tap.streams;
  assert.equal(view!.seen, copied);
  assert.equal(view!.seen + view!.missed, 300);
  tap.detach();
});

test("leaves its slot in the ring when it detaches", (t) => {
  const ring = testRing(t);
  ring.openStream(meter);
  const tap = RingTap.attach(ring.path, all);
  assert.deepEqual(
    ring.status().consumers.map(({ name, durable }) => [name, durable]),
    [[`tail-${process.pid}`, false]],
  );
  tap.detach();
  assert.deepEqual(ring.status().consumers, []);
});
