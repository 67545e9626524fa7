import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { attach, temporaryRing } from "../../test/ring/temporary-ring.ts";
import { numberDTypes } from "../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";
import { putText } from "../model/text-values.ts";
import type { RingRecord } from "./ring-record.ts";

const start = 1_764_000_000_000_000_000n;

function tableOf(columns: readonly Column[], rateHz?: number): StreamSchema {
  const schema = { name: "table", kind: "table", columns, source: "test", clock: "device" } as const;
  return rateHz === undefined ? schema : { ...schema, rateHz };
}

/** Bytes that differ from one place to the next, also beyond one byte's range. */
function pattern(bytes: number, salt: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 37 + salt * 101 + (index >> 8)) & 0xff);
}

function columnBytes(record: RingRecord): Uint8Array[] {
  return record.layout.columns.map(({ offset, bytes }) => record.payload.slice(offset, offset + bytes));
}

function pair(t: TestContext, schema: StreamSchema) {
  const ring = temporaryRing(t, { sizeBytes: 1 << 20 });
  return { ring, stream: ring.openStream(schema), reader: attach(t, ring.path, "reader") };
}

const scalars: Column[] = numberDTypes.map((dtype) => ({ name: dtype, dtype, shape: [], dims: [] }));
const shaped: Column[] = numberDTypes.map((dtype) => ({
  name: dtype,
  dtype,
  shape: [3, 5],
  dims: ["y", "x"],
}));

for (const [what, columns] of [
  ["scalar", scalars],
  ["shaped", shaped],
] as const) {
  test(`carries ${what} numbers of every dtype unchanged, at every count`, (t) => {
    const { stream, reader } = pair(t, tableOf(columns, 1000));
    for (const count of [1, 2, 3, 7, 8, 9, 64, 100]) {
      const values = columns.map((column, index) => pattern(columnItemBytes(column) * count, index + count));
      stream.write({ count, timestampNs: start, columns: values });
      const record = reader.next()!;
      assert.equal(record.count, count);
      assert.deepEqual(columnBytes(record), values);
      for (const { offset } of record.layout.columns) assert.equal((record.payloadAt + offset) % 8, 0);
      assert.ok(reader.isIntact(record));
    }
  });
}

test("carries the mask of a nullable column, and all valid where none is given", (t) => {
  const { stream, reader } = pair(
    t,
    tableOf(
      [
        { name: "a", dtype: "float64", shape: [], dims: [], nullable: true },
        { name: "b", dtype: "uint8", shape: [], dims: [] },
        { name: "c", dtype: "int16", shape: [], dims: [], nullable: true },
      ],
      10,
    ),
  );
  const columns = [pattern(24, 1), pattern(3, 2), pattern(6, 3)];
  // Longer than needed, as drivers keep their masks.
  const mask = Uint8Array.of(1, 0, 1, 1, 1);
  stream.write({ count: 3, timestampNs: start, columns, validity: [mask, undefined, undefined] });
  const record = reader.next()!;
  const [a, b, c] = record.layout.columns;
  assert.deepEqual([...record.payload.subarray(a!.validityOffset, a!.validityOffset! + 3)], [1, 0, 1]);
  assert.equal(b!.validityOffset, undefined);
  assert.deepEqual([...record.payload.subarray(c!.validityOffset, c!.validityOffset! + 3)], [1, 1, 1]);
  assert.deepEqual(columnBytes(record), columns);
});

test("carries a timestamp for each record, or the first one when they follow from the rate", (t) => {
  const { stream, reader } = pair(t, tableOf([{ name: "a", dtype: "uint8", shape: [], dims: [] }], 3));
  const times = BigInt64Array.of(start, start + 5n, start + 2n ** 40n, -1n, 9n);
  stream.write({ count: 3, timestampNs: start, timestampsNs: times, columns: [pattern(3, 0)] });
  let record = reader.next()!;
  assert.deepEqual(record.timestampsNs, times.slice(0, 3));
  assert.equal(record.firstTimestampNs, start);
  stream.write({ count: 3, timestampNs: start + 7n, columns: [pattern(3, 0)] });
  record = reader.next()!;
  assert.equal(record.timestampsNs, undefined);
  assert.equal(record.firstTimestampNs, start + 7n);
  assert.equal(record.firstSequence, 3);
});

test("carries frames that a driver writes in place", (t) => {
  const schema: StreamSchema = {
    name: "camera",
    kind: "array",
    columns: [{ name: "frame", dtype: "uint16", shape: [48, 64], dims: ["y", "x"] }],
    source: "test",
    clock: "device",
  };
  const { stream, reader } = pair(t, schema);
  for (let number = 0; number < 500; number++) {
    const reservation = stream.reserve(1);
    assert.ok(!(reservation instanceof Promise));
    reservation.columns[0]!.set(pattern(48 * 64 * 2, number));
    reservation.commit(start + BigInt(number));
    const record = reader.next()!;
    assert.equal(record.firstSequence, number);
    assert.equal(record.firstTimestampNs, start + BigInt(number));
    assert.deepEqual(columnBytes(record), [pattern(48 * 64 * 2, number)]);
  }
});

test("tells how many records a source lost itself, why, and what it said", (t) => {
  const { stream, reader } = pair(t, tableOf([{ name: "a", dtype: "uint8", shape: [], dims: [] }]));
  stream.lose(0, "device", "nothing");
  stream.lose(12, "device", "frame counter jumped by 12 ☂");
  stream.lose(3, "disk-full", "ä".repeat(5000));
  const first = reader.next()!;
  assert.deepEqual([first.kind, first.firstSequence, first.count], ["gap", 0, 12]);
  assert.deepEqual([first.gapReason, first.gapDetail], ["device", "frame counter jumped by 12 ☂"]);
  const second = reader.next()!;
  assert.deepEqual([second.firstSequence, second.count, second.gapReason], [12, 3, "disk-full"]);
  assert.equal(second.gapDetail, "ä".repeat(512));
  assert.equal(stream.produced, 15);
  assert.equal(reader.producedOf(0), 15);
});

test("takes records of every size around the end of a lap", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const stream = ring.openStream(tableOf([{ name: "a", dtype: "uint8", shape: [], dims: [] }], 1));
  const reader = attach(t, ring.path, "reader");
  let sequence = 0;
  const writeAndRead = (count: number) => {
    const values = pattern(count, sequence);
    stream.write({ count, timestampNs: 1n, columns: [values] });
    const record = reader.next()!;
    assert.equal(record.lostBefore, 0);
    assert.equal(record.firstSequence, sequence);
    assert.deepEqual(columnBytes(record), [values]);
    sequence += count;
  };
  for (let size = 1; size <= 4096 - 64; size += size < 200 ? 1 : 61) {
    for (const before of [1, 64, 65, 1000]) writeAndRead(before);
    writeAndRead(size);
  }
});

test("refuses what does not fit the schema, says so, and goes on", (t) => {
  const { stream, reader } = pair(
    t,
    tableOf(
      [
        { name: "a", dtype: "float64", shape: [], dims: [], nullable: true },
        { name: "b", dtype: "uint8", shape: [], dims: [] },
      ],
      1,
    ),
  );
  const good = { count: 2, timestampNs: start, columns: [pattern(16, 1), pattern(2, 1)] };
  const wrong: readonly [RegExp, object][] = [
    [/table\.a: expected 16 bytes, got 15/, { columns: [pattern(15, 1), pattern(2, 1)] }],
    [/table\.b: expected 2 bytes, got none/, { columns: [pattern(16, 1)] }],
    [/table\.a: expected 16 bytes, got no Uint8Array/, { columns: [Float64Array.of(1, 2), pattern(2, 1)] }],
    [/table\.a: expected 24 bytes, got 16/, { count: 3 }],
    [/-1 is not a number of records/, { count: -1 }],
    [/1\.5 is not a number of records/, { count: 1.5 }],
    [/NaN is not a number of records/, { count: Number.NaN }],
    [/table\.a: 1 validity bytes for 2 records/, { validity: [Uint8Array.of(1)] }],
    [
      /table\.b: has a validity mask, but the column is not nullable/,
      { validity: [undefined, Uint8Array.of(1, 0)] },
    ],
    [/1 timestamps for 2 records/, { timestampsNs: BigInt64Array.of(1n) }],
    [/timestamps must be bigint/, { timestampNs: 5 }],
    [/timestamps must be bigint/, { timestampsNs: Float64Array.of(1, 2) }],
  ];
  for (const [message, change] of wrong) {
    assert.throws(() => stream.write({ ...good, ...change } as never), { code: "ring", message });
    stream.write(good);
    const record = reader.next()!;
    assert.equal(record.lostBefore, 0);
    assert.deepEqual(columnBytes(record), good.columns);
    assert.equal(reader.next(), undefined);
  }
  for (const count of [0, -1, 0.5]) assert.throws(() => stream.reserve(count), /is not a number of records/);
  assert.throws(() => stream.lose(-3, "device", ""), /is not a number of records/);
});

test("carries texts and bools as they are, and refuses bytes that are none before anything is in the ring", (t) => {
  const { stream, reader } = pair(
    t,
    tableOf([
      { name: "comment", dtype: "string", shape: [], dims: [], maxBytes: 5, nullable: true },
      { name: "open", dtype: "bool", shape: [], dims: [] },
    ]),
  );
  const timestampsNs = BigInt64Array.of(start, start + 1n);
  const texts = new Uint8Array(10);
  putText(texts.subarray(0, 5), "\u00b5\u00e9!");
  const write = (comments: Uint8Array, open: Uint8Array, mask?: Uint8Array) =>
    stream.write({ count: 2, timestampNs: start, timestampsNs, columns: [comments, open], validity: [mask] });
  write(texts, Uint8Array.of(1, 0));
  assert.deepEqual(columnBytes(reader.next()!), [texts, Uint8Array.of(1, 0)]);
  const half = texts.slice();
  half[9] = 0xc3;
  assert.throws(() => write(half, Uint8Array.of(1, 0)), /table\.comment: record 1 of 2 is not UTF-8/);
  assert.throws(() => write(texts, Uint8Array.of(1, 2)), /table\.open: record 1 of 2 is neither 0 nor 1/);
  assert.throws(() => stream.reserve(1), /reserved for numbers only/);
  assert.equal(stream.produced, 2);
  write(half, Uint8Array.of(1, 0), Uint8Array.of(1, 0));
  assert.deepEqual(columnBytes(reader.next()!)[0], half);
});

test("refuses several records without a time when the schema has no rate", (t) => {
  const { stream } = pair(t, tableOf([{ name: "a", dtype: "uint8", shape: [], dims: [] }]));
  assert.throws(
    () => stream.write({ count: 2, timestampNs: 1n, columns: [pattern(2, 1)] }),
    /timestamps, or a rate/,
  );
  assert.throws(() => stream.reserve(2), /needs a rate/);
});

for (const overflow of ["discard-oldest", "block", "resize"] as const)
  test(`refuses a record larger than a ring of mode ${overflow} can ever be, and goes on`, (t) => {
    const ring = temporaryRing(t, { sizeBytes: 4096, overflow, maxSizeBytes: 8192 });
    const stream = ring.openStream(tableOf([{ name: "a", dtype: "uint8", shape: [], dims: [] }], 1));
    const reader = attach(t, ring.path, "reader", { durable: true });
    const most = (overflow === "resize" ? 8192 : 4096) - 64;
    const tooLarge = { code: "ring", message: /One record needs \d+ bytes/ };
    assert.throws(
      () => stream.write({ count: most + 1, timestampNs: 1n, columns: [pattern(most + 1, 1)] }),
      tooLarge,
    );
    assert.throws(() => stream.reserve(most + 1), tooLarge);
    for (const count of [5, most, 5]) {
      assert.equal(stream.write({ count, timestampNs: 1n, columns: [pattern(count, 2)] }), undefined);
      assert.deepEqual(columnBytes(reader.next()!), [pattern(count, 2)]);
      reader.store(reader.cursor);
    }
  });
