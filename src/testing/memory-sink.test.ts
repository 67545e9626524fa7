import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reservation } from "../model/frame-sink.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { MemorySink } from "./memory-sink.ts";

const schema: StreamSchema = {
  name: "adc",
  kind: "table",
  source: "test",
  clock: "system",
  rateHz: 1000,
  columns: [
    { name: "a", dtype: "int16", shape: [], dims: [], nullable: true },
    { name: "b", dtype: "uint8", shape: [], dims: [] },
  ],
};

const bytesOf = (...values: number[]) => new Uint8Array(Int16Array.from(values).buffer);

test("keeps copies of what is written, with sequence numbers and timestamps by the rate", () => {
  const stream = new MemorySink().openStream(schema);
  const a = bytesOf(1, -2);
  stream.write({
    count: 2,
    timestampNs: 5n,
    columns: [a, Uint8Array.of(7, 8)],
    validity: [Uint8Array.of(1, 0)],
  });
  a.fill(0);
  stream.lose(3, "device", "gone");
  stream.write({ count: 1, timestampNs: 9n, columns: [bytesOf(3), Uint8Array.of(9)] });
  assert.deepEqual(stream.values("a"), Int16Array.of(1, -2, 3));
  assert.deepEqual(stream.values("b"), Uint8Array.of(7, 8, 9));
  assert.deepEqual(stream.validity("a"), Uint8Array.of(1, 0, 1));
  assert.deepEqual(stream.sequences, [0, 1, 5]);
  assert.deepEqual(stream.timestampsNs, [5n, 1_000_005n, 9n]);
  assert.deepEqual([stream.account.produced, stream.account.lost], [6, 3]);
});

test("takes records only when it has let the source go on, and refuses a call before", async () => {
  let free = () => {};
  const sink = new MemorySink({
    backPressure: () =>
      new Promise((resolve) => {
        free = resolve;
      }),
  });
  const stream = sink.openStream(schema);
  const records = { count: 1, timestampNs: 1n, columns: [bytesOf(4), Uint8Array.of(1)] };
  const written = stream.write(records);
  assert.equal(stream.stored, 0);
  assert.throws(() => stream.write(records), {
    code: "ring",
    message: /while another one was still waiting/,
  });
  records.columns[0]!.set(bytesOf(5));
  free();
  await written;
  assert.deepEqual(stream.values("a"), Int16Array.of(5));
});

test("stores a reservation at its commit, loses it when it is abandoned, and takes its memory back", () => {
  const stream = new MemorySink().openStream(schema);
  const first = stream.reserve(1) as Reservation;
  first.columns[0]!.set(bytesOf(6));
  assert.throws(() => stream.lose(1, "device", ""), /still reserved/);
  first.commit(3n);
  first.columns[0]!.set(bytesOf(99));
  assert.throws(() => first.commit(4n), /twice/);
  (stream.reserve(2) as Reservation).abandon("device", "broken");
  assert.deepEqual(stream.values("a"), Int16Array.of(6));
  assert.deepEqual([stream.account.produced, stream.stored], [3, 1]);
});

test("refuses records that do not fit the schema", () => {
  const stream = new MemorySink().openStream(schema);
  const good = { count: 1, timestampNs: 1n, columns: [bytesOf(1), Uint8Array.of(1)] };
  for (const [change, message] of [
    [{ count: 0 }, /count 0/],
    [{ columns: [bytesOf(1)] }, /1 columns given/],
    [{ columns: [bytesOf(1, 2), Uint8Array.of(1)] }, /column a has 4 bytes, expected 2/],
    [{ validity: [undefined, Uint8Array.of(1)] }, /column b is not nullable/],
    [{ validity: [Uint8Array.of(1, 1)] }, /2 validity bytes/],
    [{ timestampsNs: BigInt64Array.of(1n, 2n) }, /2 timestamps for 1/],
    [{ timestampsNs: BigInt64Array.of(2n) }, /not the first/],
  ] as const)
    assert.throws(() => stream.write({ ...good, ...change } as typeof good), { code: "ring", message });
  assert.equal(stream.stored, 0);
});
