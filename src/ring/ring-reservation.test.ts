import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { countedRecords, countedSchema, fillReserved, isCounted } from "../../test/ring/counted-samples.ts";
import { attach, temporaryRing } from "../../test/ring/temporary-ring.ts";
import type { Reservation } from "../model/frame-sink.ts";
import type { RingOptions } from "./ring-options.ts";
import type { RingReader } from "./ring-reader.ts";
import type { RingStream } from "./ring-stream.ts";

function begin(t: TestContext, options: Partial<RingOptions> = {}) {
  const ring = temporaryRing(t, { sizeBytes: 65_536, ...options });
  return {
    ring,
    a: ring.openStream(countedSchema("a")),
    b: ring.openStream(countedSchema("b")),
    reader: attach(t, ring.path, "reader", { durable: true }),
  };
}

function reserve(stream: RingStream, count: number): { commit(): void; reservation: Reservation } {
  const first = stream.produced;
  const reservation = stream.reserve(count) as Reservation;
  return {
    reservation,
    commit() {
      fillReserved(stream.schema.name, first, count, reservation.columns);
      reservation.commit(BigInt(first) * 1_000_000n);
    },
  };
}

/** All that can be read now, as "stream first+count" or "stream first+count reason". */
function readAll(reader: RingReader): string[] {
  const seen: string[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    const { stream, firstSequence, count, kind } = record;
    assert.equal(record.lostBefore, 0);
    if (kind === "data") assert.ok(isCounted(record));
    seen.push(
      `${stream.schema.name} ${firstSequence}+${count}${kind === "gap" ? ` ${record.gapReason}` : ""}`,
    );
  }
  return seen;
}

test("readers see records in the order of their space, however the reservations are committed", (t) => {
  const { a, b, reader } = begin(t);
  const first = reserve(a, 3);
  const second = reserve(b, 5);
  const third = reserve(a, 2);
  third.commit();
  assert.deepEqual(readAll(reader), []);
  first.commit();
  assert.deepEqual(readAll(reader), ["a 0+3"]);
  second.commit();
  assert.deepEqual(readAll(reader), ["b 0+5", "a 3+2"]);
});

test("records that others write behind a reservation wait for it", (t) => {
  const { a, b, reader } = begin(t);
  b.write(countedRecords("b", 0, 4));
  const held = reserve(a, 3);
  b.write(countedRecords("b", 4, 4));
  a.write(countedRecords("a", 3, 1));
  assert.deepEqual(readAll(reader), ["b 0+4"]);
  held.commit();
  assert.deepEqual(readAll(reader), ["a 0+3", "b 4+4", "a 3+1"]);
  assert.equal(reader.producedOf(0), 4);
  assert.equal(reader.producedOf(1), 8);
});

test("an abandoned reservation is a gap with its reason, and its records count as produced", (t) => {
  const { a, reader } = begin(t);
  reserve(a, 7).reservation.abandon("device", "the frame broke off");
  a.write(countedRecords("a", 7, 1));
  const record = reader.next()!;
  assert.deepEqual(
    [record.kind, record.firstSequence, record.count, record.gapReason, record.gapDetail],
    ["gap", 0, 7, "device", "the frame broke off"],
  );
  assert.deepEqual(readAll(reader), ["a 7+1"]);
  assert.equal(reader.producedOf(0), 8);
});

test("a reservation is finished once", (t) => {
  const { a, ring, reader } = begin(t);
  const committed = reserve(a, 1);
  committed.commit();
  assert.throws(() => committed.reservation.commit(1n), /committed or abandoned before/);
  assert.throws(() => committed.reservation.abandon("device", ""), /committed or abandoned before/);
  const open = reserve(a, 1);
  ring.close();
  assert.throws(() => open.reservation.commit(1n), /committed or abandoned before/);
  assert.deepEqual(readAll(reader), ["a 0+1", "a 1+1 aborted"]);
});

test("a commit with a wrong time is refused and can be repeated", (t) => {
  const { a, reader } = begin(t);
  const held = reserve(a, 1);
  assert.throws(() => held.reservation.commit(5 as never));
  held.commit();
  assert.deepEqual(readAll(reader), ["a 0+1"]);
});

test("closing the ring turns open reservations into gaps and publishes what lies behind them", (t) => {
  const { ring, a, b, reader } = begin(t);
  reserve(a, 3);
  b.write(countedRecords("b", 0, 2));
  const done = reserve(a, 4);
  reserve(b, 5);
  done.commit();
  ring.close();
  assert.deepEqual(readAll(reader), ["a 0+3 aborted", "b 0+2", "a 3+4", "b 2+5 aborted"]);
  reader.waitBlocking(1000);
  assert.equal(reader.state, "closed");
  assert.throws(() => a.write(countedRecords("a", 7, 1)), /closed/);
  assert.throws(() => a.reserve(1), /closed/);
  assert.throws(() => a.lose(1, "device", ""), /closed/);
  assert.throws(() => ring.openStream(countedSchema("c")), /closed/);
});

test("a mask left over from an earlier lap does not show in a reservation", (t) => {
  const { a, reader } = begin(t, { sizeBytes: 4096 });
  for (let sequence = 0; sequence < 800; sequence += 20) {
    if (sequence % 40 === 0)
      a.write({ ...countedRecords("a", sequence, 20), validity: [undefined, undefined, new Uint8Array(20)] });
    else reserve(a, 20).commit();
    const record = reader.next()!;
    const mask = record.layout.columns[2]!.validityOffset!;
    assert.deepEqual(
      [...record.payload.subarray(mask, mask + 20)],
      Array(20).fill(sequence % 40 === 0 ? 0 : 1),
    );
  }
});

test("a ring that goes round while a driver holds space says so, loses nothing that is whole, and goes on", (t) => {
  const { a, b, reader } = begin(t, { sizeBytes: 4096 });
  const held = reserve(a, 10);
  let written = 0;
  assert.throws(
    () => {
      for (; written < 1000; written += 10) b.write(countedRecords("b", written, 10));
    },
    { code: "ring-full", message: /a driver still held space/ },
  );
  held.commit();
  b.write(countedRecords("b", written, 10));
  assert.equal(b.produced, written + 10);
  const tail = readAll(attach(t, reader.path, "late")).at(-1);
  assert.equal(tail, `b ${written}+10`);
});
