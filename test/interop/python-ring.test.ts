import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { numberDTypes } from "../../src/model/dtype.ts";
import type { Reservation } from "../../src/model/frame-sink.ts";
import type { RunInfo } from "../../src/model/run.ts";
import { columnItemBytes, type StreamSchema } from "../../src/model/stream-schema.ts";
import { putText } from "../../src/model/text-values.ts";
import type { RingOptions } from "../../src/ring/ring-options.ts";
import type { RingStream } from "../../src/ring/ring-stream.ts";
import { Random } from "../ring/random.ts";
import { startProcess } from "../ring/start-process.ts";
import { attach, temporaryRing, temporaryRingPath } from "../ring/temporary-ring.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "python_ring.py");
const client = join(import.meta.dirname, "../../clients/python/daq_ring.py");
const hasNumpy = spawnSync(python, ["-c", "import numpy"]).status === 0;
const skip = hasNumpy ? false : `${python} has no numpy; set PYTHON to one that has`;

const startNs = 1_764_000_000_000_000_000n;

const everyType: StreamSchema = {
  name: "adc0",
  kind: "table",
  columns: [
    ...numberDTypes.map((dtype) => ({ name: dtype, dtype, shape: [], dims: [], unit: "V" })),
    { name: "power", dtype: "float64", shape: [], dims: [], nullable: true },
    { name: "vector", dtype: "int16", shape: [3], dims: ["axis"], nullable: true },
    { name: "comment", dtype: "string", shape: [], dims: [], maxBytes: 12 },
    { name: "mode", dtype: "string", shape: [], dims: [], maxBytes: 5, nullable: true },
    { name: "open", dtype: "bool", shape: [], dims: [] },
  ],
  source: "test",
  clock: "device",
};
const evenlySpaced: StreamSchema = {
  name: "adc1",
  kind: "table",
  columns: [{ name: "volts", dtype: "float32", shape: [], dims: [], unit: "V" }],
  source: "test",
  clock: "system",
  rateHz: 3,
};
const camera: StreamSchema = {
  name: "camera0",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [12, 20], dims: ["y", "x"] }],
  source: "test",
  clock: "device",
};
const info: RunInfo = {
  uid: "0123456789abcdef0123456789abcdef",
  startedAtNs: `${startNs}`,
  experiment: { name: "scan µ", power: 1.5 },
  host: "lab",
  software: { name: "daq-storage", version: "0.1.0" },
  devices: [],
};

/** The bytes of one row, and its time: they follow from stream and sequence number alone. */
function rowBytes(schema: StreamSchema, column: number, sequence: number): Uint8Array {
  const random = new Random(sequence * 131 + column * 17 + schema.name.length);
  const { dtype } = schema.columns[column]!;
  if (dtype === "bool") return Uint8Array.of(random.integer(0, 1));
  if (dtype === "string") return textBytes(columnItemBytes(schema.columns[column]!), random);
  const bytes = Uint8Array.from({ length: columnItemBytes(schema.columns[column]!) }, () =>
    random.integer(0, 255),
  );
  // Not every pattern is a number of its own: NaN has many.
  if (dtype.startsWith("float"))
    for (let at = 0; at < bytes.length; at += dtype === "float32" ? 4 : 8)
      bytes[at + (dtype === "float32" ? 3 : 7)] = 0x41;
  return bytes;
}

function textBytes(maxBytes: number, random: Random): Uint8Array {
  const cell = new Uint8Array(maxBytes);
  const characters = Array.from({ length: random.integer(0, maxBytes) }, () => random.pick([..."aZ µ度🔬"]));
  let text = "";
  for (const character of characters) if (Buffer.byteLength(text + character) <= maxBytes) text += character;
  putText(cell, text);
  return cell;
}

function isValid(column: number, sequence: number): number {
  return new Random(sequence + column).chance(0.7) ? 1 : 0;
}

function timeOf(sequence: number): bigint {
  return startNs + BigInt(sequence) * 1_000_003n;
}

function rows(schema: StreamSchema, column: number, first: number, count: number): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, index) => rowBytes(schema, column, first + index)));
}

function masks(column: number, first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => isValid(column, first + index));
}

function write(stream: RingStream, count: number): void {
  const { schema, produced: first } = stream;
  const isSpaced = schema.rateHz !== undefined;
  stream.write({
    count,
    timestampNs: timeOf(first),
    ...(isSpaced
      ? {}
      : { timestampsNs: BigInt64Array.from({ length: count }, (_, index) => timeOf(first + index)) }),
    columns: schema.columns.map((_, column) => rows(schema, column, first, count)),
    validity: schema.columns.map(({ nullable }, column) =>
      nullable ? masks(column, first, count) : undefined,
    ),
  });
}

function writeInPlace(stream: RingStream): void {
  const first = stream.produced;
  const reservation = stream.reserve(1) as Reservation;
  reservation.columns[0]!.set(rowBytes(stream.schema, 0, first));
  reservation.commit(timeOf(first));
}

type StreamReport = {
  readonly columns: { readonly [name: string]: string };
  readonly masks: { readonly [name: string]: string };
  readonly types: { readonly [name: string]: string };
  readonly ranges: readonly (readonly [number, number])[];
  readonly lost: readonly (readonly [number, number, string])[];
  readonly gaps: readonly (readonly [number, number, string, string])[];
};
type Report = {
  readonly state: string;
  readonly schemas: readonly StreamSchema[];
  readonly run: RunInfo | null;
  readonly uid: string;
  readonly produced: { readonly [name: string]: number };
  readonly grew: boolean;
  readonly overwritten: number;
  readonly shared: number;
  readonly same: number;
  readonly streams: { readonly [name: string]: StreamReport };
};

/** Starts the Python reader; resolves when it follows. `report` is what it prints at the end. */
async function follow(
  t: TestContext,
  path: string,
  from: string,
  secondsPerRecord = 0,
): Promise<{ report(): Promise<Report> }> {
  const child = spawn(python, [script, path, from, String(secondsPerRecord)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.deepEqual(JSON.parse((await lines.next()).value as string), { ready: true });
  return { report: async () => JSON.parse((await lines.next()).value as string) as Report };
}

function sha(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function int64Bytes(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values).buffer);
}

/** Every value that Python read is the one that was written under this number. */
function compareValues(schema: StreamSchema, seen: StreamReport): void {
  const { ranges } = seen;
  const numbers = ranges.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, index) => first + index),
  );
  const times = ranges.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, index) =>
      schema.rateHz === undefined
        ? timeOf(first + index)
        : timeOf(first) + BigInt(Math.round((index * 1e9) / schema.rateHz)),
    ),
  );
  assert.equal(seen.columns.sequence, sha([int64Bytes(numbers.map(BigInt))]));
  assert.equal(seen.columns.timestamps_ns, sha([int64Bytes(times)]), `${schema.name}: timestamps`);
  for (const [index, { name, nullable, dtype, shape, maxBytes }] of schema.columns.entries()) {
    assert.equal(
      seen.columns[name],
      sha(ranges.map(([first, count]) => rows(schema, index, first, count))),
      `${schema.name}.${name}`,
    );
    if (nullable)
      assert.equal(
        seen.masks[name],
        sha(ranges.map(([first, count]) => masks(index, first, count))),
        `mask of ${name}`,
      );
    else assert.equal(seen.masks[name], undefined);
    if (dtype === "string" || dtype === "bool") {
      assert.equal(seen.types[name], dtype === "bool" ? "|b1 ()" : `|S${maxBytes} ()`);
      continue;
    }
    const size = dtype.endsWith("8") ? 1 : Number(/\d+/.exec(dtype)![0]) / 8;
    const kind = dtype.startsWith("u") ? "u" : dtype.startsWith("f") ? "f" : "i";
    const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    assert.equal(seen.types[name], `${size === 1 ? "|" : "<"}${kind}${size} ${tuple}`);
  }
}

/** Rows read, lost and given as gaps are all the rows, each once. */
function compareNumbers(produced: number, { ranges, lost, gaps }: StreamReport): void {
  const all = [...ranges, ...lost, ...gaps]
    .map(([first, count]) => [first, count] as const)
    .sort(([a], [b]) => a - b);
  let next = 0;
  for (const [first, count] of all) {
    assert.equal(first, next);
    next += count;
  }
  assert.equal(next, produced);
}

function begin(t: TestContext, options: RingOptions) {
  const ring = temporaryRing(t, { runUid: info.uid, ...options });
  ring.describeRun(info);
  return { ring, streams: [everyType, evenlySpaced, camera].map((schema) => ring.openStream(schema)) };
}

function compare(streams: readonly RingStream[], report: Report): void {
  for (const stream of streams) {
    const seen = report.streams[stream.schema.name]!;
    compareValues(stream.schema, seen);
    compareNumbers(stream.produced, seen);
    assert.equal(report.produced[stream.schema.name], stream.produced);
  }
}

/** Some of everything that a producer does. */
function produce(random: Random, streams: readonly RingStream[]): void {
  const [first, second, third] = streams as [RingStream, RingStream, RingStream];
  write(first, random.integer(1, 9));
  write(second, random.integer(1, 40));
  if (random.chance(0.5)) writeInPlace(third);
  else write(third, 1);
  if (random.chance(0.1)) random.pick(streams).lose(random.integer(1, 5), "device", "counter jumped ☂");
}

describe("Python follows a live ring", { skip }, () => {
  test("and gets the values, times, masks, gaps and descriptions that were written", async (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 1 << 22 });
    const random = new Random(1);
    for (let number = 0; number < 20; number++) produce(random, streams);
    const reader = await follow(t, ring.path, "oldest");
    for (let number = 0; number < 150; number++) {
      produce(random, streams);
      if (number % 10 === 0) await delay(5);
    }
    const late = ring.openStream({ ...evenlySpaced, name: "late" });
    write(late, 5);
    ring.close();
    const report = await reader.report();
    compare([...streams, late], report);
    assert.equal(report.state, "closed");
    assert.deepEqual(report.schemas, [everyType, evenlySpaced, camera, late.schema]);
    assert.deepEqual(report.run, info);
    assert.equal(report.uid, info.uid);
    assert.ok(
      Object.values(report.streams).some(({ gaps }) =>
        gaps.some(([, , reason, detail]) => reason === "device" && detail === "counter jumped ☂"),
      ),
    );
    for (const { lost } of Object.values(report.streams)) assert.deepEqual(lost, []);
    const records = Object.values(report.streams).reduce(
      (sum, { ranges, gaps }) => sum + ranges.length + gaps.length,
      0,
    );
    assert.deepEqual([report.shared, report.same, report.overwritten], [records, records, 0]);
  });

  test("and is told exactly what it lost when it is too slow, and never gets a value of another record", async (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 65_536 });
    const reader = await follow(t, ring.path, "oldest", 0.002);
    const random = new Random(2);
    const until = performance.now() + 1500;
    while (performance.now() < until) {
      for (let number = 0; number < 5; number++) produce(random, streams);
      await delay(2);
    }
    ring.close();
    const report = await reader.report();
    compare(streams, report);
    const lost = Object.values(report.streams).flatMap((seen) => seen.lost);
    assert.ok(lost.length > 0);
    for (const [, , reason] of lost) assert.equal(reason, "ring-lapped");
    t.diagnostic(
      `${lost.length} times overtaken, ${report.overwritten} records overwritten while they were used`,
    );
  });

  test("and goes on when the ring grows, with what it mapped before still in its hands", async (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 32_768, overflow: "resize", maxSizeBytes: 1 << 22 });
    attach(t, ring.path, "recorder that stores nothing", { durable: true });
    const random = new Random(3);
    for (let number = 0; number < 15; number++) produce(random, streams);
    const reader = await follow(t, ring.path, "oldest");
    for (let number = 0; number < 400; number++) {
      produce(random, streams);
      if (number % 20 === 0) await delay(5);
    }
    ring.close();
    const report = await reader.report();
    compare(streams, report);
    assert.ok(report.grew && ring.status().capacityBytes >= 1 << 19);
    for (const { lost } of Object.values(report.streams)) assert.deepEqual(lost, []);
    const records = Object.values(report.streams).reduce(
      (sum, { ranges, gaps }) => sum + ranges.length + gaps.length,
      0,
    );
    assert.equal(report.same, records);
  });

  test("and reports as lost what was overwritten before it came", async (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 16_384 });
    const random = new Random(4);
    for (let number = 0; number < 60; number++) produce(random, streams);
    const reader = await follow(t, ring.path, "oldest");
    ring.close();
    const report = await reader.report();
    compare(streams, report);
    for (const { lost } of Object.values(report.streams)) {
      assert.equal(lost.length, 1);
      assert.equal(lost[0]![0], 0);
    }
  });

  test("and from the newest record on sees what comes, without a loss", async (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 1 << 20 });
    const random = new Random(5);
    for (let number = 0; number < 30; number++) produce(random, streams);
    const before = streams.map((stream) => stream.produced);
    const reader = await follow(t, ring.path, "newest");
    for (let number = 0; number < 30; number++) produce(random, streams);
    ring.close();
    const report = await reader.report();
    for (const [index, stream] of streams.entries()) {
      const seen = report.streams[stream.schema.name]!;
      compareValues(stream.schema, seen);
      assert.deepEqual(seen.lost, []);
      compareNumbers(stream.produced, { ...seen, lost: [[0, before[index]!, "before"]] });
    }
  });

  test("and when its producer was killed reads what was committed behind an open reservation", async (t) => {
    const path = temporaryRingPath(t);
    const producer = startProcess(t, "hold", path);
    await producer.says();
    const reader = await follow(t, path, "oldest");
    await delay(50);
    await producer.kill();
    const { state, streams } = await reader.report();
    assert.equal(state, "producer-died");
    assert.deepEqual(streams.a!.ranges, [
      [0, 5],
      [5, 4],
      [12, 2],
    ]);
    assert.deepEqual(streams.a!.lost, [[9, 3, "aborted"]]);
    assert.deepEqual(streams.b!.ranges, [
      [0, 6],
      [6, 1],
    ]);
  });

  test("and prints a line for each record on the command line", (t) => {
    const { ring, streams } = begin(t, { sizeBytes: 1 << 20 });
    const [first, , third] = streams as [RingStream, RingStream, RingStream];
    write(first, 2);
    write(third, 1);
    const run = (...options: string[]) =>
      spawnSync(python, [client, ring.path, ...options], { encoding: "utf8" });
    const open = run("--from", "oldest", "--timeout", "0.2");
    assert.equal(open.status, 0, open.stderr);
    assert.equal(open.stdout.split("\n").length, 3);
    assert.match(open.stdout, /^2025-11-24T16:00:00\.000000Z {2}adc0 {2}0\.\.1 {2}int8=/m);
    assert.match(open.stdout, /camera0 {2}0 {2}frame uint16 12x20 min \d+ max \d+ mean/);
    third.lose(4, "device", "counter jumped");
    ring.close();
    const closed = run("--from", "oldest", "--stream", "camera0");
    assert.equal(closed.status, 3);
    assert.match(closed.stdout, /camera0 {2}1\.\.4 {2}LOST \(device\) counter jumped\n$/);
    assert.doesNotMatch(closed.stdout, /adc0/);
    assert.match(closed.stderr, /The ring is closed\./);
  });

  test("and says what is wrong with a file that is not a ring", (t) => {
    const path = temporaryRingPath(t);
    const run = () => spawnSync(python, [client, path], { encoding: "utf8" });
    assert.match(run().stderr, /No such file/);
    writeFileSync(path, "x".repeat(10_000));
    const { status, stderr } = run();
    assert.deepEqual([status, stderr], [1, `${path} is not a ring file.\n`]);
  });
});
