import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { DaqError } from "../../model/errors.ts";
import { RingReader } from "../../ring/ring-reader.ts";
import { RingWriter } from "../../ring/ring-writer.ts";
import {
  type Captured,
  jsonLines,
  runCommand,
  spawnDaq,
  temporaryFolder,
  until,
} from "../captured-terminal.test.ts";
import { findRunningRing } from "../find-ring.ts";
import { bytesOf, camera, meter, meterRows, testRing, testRun } from "../tail/ring-for-test.test.ts";
import { tailCommand } from "./tail.ts";

function isTapped(ring: RingWriter): boolean {
  return ring.status().consumers.some(({ name }) => name.startsWith("tail-"));
}

/** Starts the command in this process and waits until it has joined the ring. */
async function startTail(ring: RingWriter, ...args: string[]): Promise<{ done: Promise<Captured> }> {
  const done = runCommand(tailCommand, [ring.path, ...args]);
  await until(() => isTapped(ring), "the tap");
  return { done };
}

test("prints every row with time, sequence and unit, and ends when the run ends", async (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  stream.write(meterRows(0, 2));
  stream.write({ ...meterRows(2, 1), validity: [Uint8Array.of(0), undefined, undefined] });
  ring.close();
  const { code, out, error } = await runCommand(tailCommand, [ring.path, "--all", "--from-start"]);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n"), [
    "2023-11-14T22:13:20.000000000Z  meter #0  power 0 mW  raw 1 V  xy [0, 0.1]",
    "2023-11-14T22:13:20.001000000Z  meter #1  power 1 mW  raw 2 V  xy [1, 0.1]",
    "2023-11-14T22:13:20.002000000Z  meter #2  power –  raw 3 V  xy [2, 0.1]",
    "",
  ]);
  assert.match(error, /the run ended/);
  assert.match(error, /meter: 3 records produced; this view saw 3$/m);
  assert.equal(isTapped(ring), false);
});

test("a tap that is overtaken prints what it gets in order, says how many it missed, and never holds the producer", async (t) => {
  const ring = testRing(t, { sizeBytes: 32_768, overflow: "block", blockTimeoutMs: 100 });
  const stream = ring.openStream(meter);
  // In the mode `block` the producer waits for recorders: this one keeps up, the tap does not.
  const recorder = RingReader.attach(ring.path, { name: "recorder", durable: true });
  const { done } = await startTail(ring, "--all", "--json");
  let waited = 0;
  for (let row = 0; row < 5000; row++) {
    if (stream.write(meterRows(row, 1)) !== undefined) waited++;
    while (recorder.next() !== undefined);
    recorder.store(recorder.cursor);
  }
  assert.equal(waited, 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let row = 5000; row < 5010; row++) stream.write(meterRows(row, 1));
  ring.close();
  recorder.detach();
  const { code, out } = await done;
  assert.equal(code, 0);
  const objects = jsonLines(out);
  const rows = objects.filter((object) => "columns" in object) as {
    sequence: number;
    columns: { power: number };
  }[];
  const missed = objects.filter(({ event }) => event === "missed") as unknown as {
    count: number;
    first: number;
  }[];
  assert.ok(missed.length >= 1);
  assert.equal(rows.length + missed.reduce((sum, { count }) => sum + count, 0), 5010);
  assert.ok(
    rows.every(
      ({ sequence, columns }, index) =>
        columns.power === sequence && (index === 0 || sequence > rows[index - 1]!.sequence),
    ),
  );
  assert.equal(rows.at(-1)!.sequence, 5009);
  assert.deepEqual((objects.at(-1)!.streams as unknown[])[0], {
    stream: "meter",
    produced: 5010,
    seen: rows.length,
    missed: 5010 - rows.length,
    lost: 0,
  });
});

test("samples streams at most so many times a second, and describes frames in numbers", async (t) => {
  const ring = testRing(t);
  const [table, frames] = [ring.openStream(meter), ring.openStream(camera)];
  const { done } = await startTail(ring, "--json", "--rate", "10");
  const startMs = performance.now();
  for (let row = 0; row < 60; row++) {
    table.write(meterRows(row, 1));
    frames.write({
      count: 1,
      timestampNs: BigInt(row),
      columns: [bytesOf(Uint16Array.of(row, 1, 2, 3, 4, 5 + row))],
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seconds = (performance.now() - startMs) / 1000;
  ring.close();
  const objects = jsonLines((await done).out);
  const samples = objects.filter(({ stream }) => stream === "meter");
  assert.ok(
    samples.length >= 3 && samples.length <= seconds * 10 + 3,
    `${samples.length} samples in ${seconds} s`,
  );
  // The newest record is shown in the end, whatever the rate.
  assert.deepEqual(samples.at(-1), {
    stream: "meter",
    sequence: 59,
    timestampNs: "1700000000059000000",
    columns: { power: 59, raw: 60, xy: [59, 0.1] },
  });
  const { perSecond, ...frame } = objects.filter(({ stream }) => stream === "camera").at(-1)!;
  assert.deepEqual(frame, {
    stream: "camera",
    sequence: 59,
    timestampNs: "59",
    shape: [2, 3],
    dtype: "uint16",
    unit: "counts",
    min: 1,
    mean: 133 / 6,
    max: 64,
    nans: 0,
  });
  assert.ok(Number(perSecond) > 10 && Number(perSecond) < 110);
  assert.equal(objects.at(-1)!.event, "closed");
});

test("shows only the streams that were asked for, and names one that does not exist", async (t) => {
  const ring = testRing(t);
  const [table, frames] = [ring.openStream(meter), ring.openStream(camera)];
  table.write(meterRows(0, 1));
  frames.write({ count: 1, timestampNs: 5n, columns: [new Uint8Array(12)] });
  ring.close();
  const one = await runCommand(tailCommand, [ring.path, "--from-start", "--stream", "camera"]);
  assert.equal(
    one.out,
    "1970-01-01T00:00:00.000000005Z  camera #0  2 × 3 uint16  min 0  mean 0  max 0 counts\n",
  );
  const unknown = await runCommand(tailCommand, [ring.path, "--stream", "metre"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.error, /no stream "metre" in this run; did you mean "meter"\?/);
  assert.equal(isTapped(ring), false);
});

test("ends after as many rows as were asked for", async (t) => {
  const ring = testRing(t);
  ring.openStream(meter).write(meterRows(0, 10));
  const { code, out } = await runCommand(tailCommand, [ring.path, "--all", "--from-start", "--count", "4"]);
  assert.equal(code, 0);
  assert.equal(out.trim().split("\n").length, 4);
});

test("reports what the source lost", async (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  stream.lose(1, "device", "counter jumped");
  stream.lose(2, "device", "cable");
  ring.close();
  const every = await runCommand(tailCommand, [ring.path, "--all", "--from-start"]);
  assert.match(
    every.error,
    /^meter: lost record 0: device, counter jumped\nmeter: lost 2 records from 1 on: device, cable$/m,
  );
  const sampled = await runCommand(tailCommand, [ring.path, "--from-start"]);
  assert.match(sampled.error, /^meter: lost 3 records since the last sample: device$/m);
});

test("refuses rates and counts that make no sense", async () => {
  for (const args of [
    ["--rate", "0"],
    ["--rate", "fast"],
    ["--rate", "1e9"],
    ["--count", "0"],
    ["--count", "1.5"],
  ])
    assert.equal((await runCommand(tailCommand, ["x", ...args])).code, 2, args.join(" "));
});

test("Ctrl-C leaves the ring in good order while the run goes on", async (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  const { child, captured, done } = spawnDaq(["tail", ring.path]);
  await until(() => isTapped(ring), "the tap");
  stream.write(meterRows(0, 1));
  await until(() => captured.out.includes("meter #0"), "a line");
  child.kill("SIGINT");
  const { code, error } = await done;
  assert.equal(code, 0);
  assert.match(error, /left; the run goes on/);
  assert.deepEqual(ring.status().consumers, []);
});

test("a reader of the output that goes away ends the tail quietly", async (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  const { child, captured, done } = spawnDaq(["tail", "--all", ring.path]);
  await until(() => isTapped(ring), "the tap");
  stream.write(meterRows(0, 1));
  await until(() => captured.out.includes("meter #0"), "a line");
  child.stdout.destroy();
  const timer = setInterval(() => stream.write(meterRows(1, 1)), 10);
  const { code, error } = await done;
  clearInterval(timer);
  assert.equal(code, 0, error);
  assert.doesNotMatch(error, /EPIPE/);
  assert.deepEqual(ring.status().consumers, []);
});

test("without an operand, finds the only running ring, and lists them when there are more", async (t) => {
  const folder = `/dev/shm/cli-rings-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const make = (name: string) => {
    const ring = RingWriter.create(join(folder, name), { sizeBytes: 4096 });
    ring.describeRun(testRun);
    ring.openStream(meter);
    t.after(() => ring.close());
    return ring;
  };
  await assert.rejects(
    findRunningRing(folder),
    (error: DaqError) => error.code === "ring" && /No run is going on/.test(error.message),
  );
  writeFileSync(join(folder, "daq-notes"), "not a ring");
  make("daq-over").close();
  const first = make("daq-a");
  make("other");
  assert.equal(await findRunningRing(folder), first.path);
  const second = make("daq-b");
  await assert.rejects(findRunningRing(folder), (error: DaqError) => {
    assert.equal(error.code, "usage");
    assert.match(
      error.message,
      new RegExp(`${first.path}  scan \\(meter\\), since 2023-11-14T22:13:20Z\n  ${second.path}`),
    );
    return true;
  });
  assert.deepEqual(first.status().consumers, []);
});

test("a run whose ring is gone is told from one that never was", async (t) => {
  const folder = temporaryFolder(t);
  const nothing = await runCommand(tailCommand, [join(folder, "scan.run.json")]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.error, /scan\.run\.json: no such file/);
  const ringPath = "/dev/shm/cli-test-never-made";
  const options = {
    ringPath,
    name: "recorder",
    indexPath: "elsewhere/scan.run.json",
    outputs: [],
    flushIntervalMs: 1000,
    durability: "process",
  };
  writeFileSync(
    join(folder, "scan.journal.jsonl"),
    `${JSON.stringify({ journal: 1, ringUid: "cd".repeat(16), options, run: { info: testRun, streams: [meter] } })}\n`,
  );
  const left = await runCommand(tailCommand, [join(folder, "scan.run.json")]);
  assert.equal(left.code, 1);
  assert.match(left.error, /its ring \/dev\/shm\/cli-test-never-made is gone/);
  assert.match(left.error, /daq recover .*scan\.journal\.jsonl/);
});

test("does not take the ring of a later run for that of the journal", async (t) => {
  const folder = temporaryFolder(t);
  const ring = testRing(t);
  // Closed, so that a tail that takes it all the same ends and is seen to have been wrong.
  ring.close();
  const options = {
    ringPath: ring.path,
    name: "recorder",
    indexPath: "scan.run.json",
    outputs: [],
    flushIntervalMs: 1000,
    durability: "process",
  };
  const journal = join(folder, "scan.journal.jsonl");
  writeFileSync(
    journal,
    `${JSON.stringify({ journal: 1, ringUid: "cd".repeat(16), options, run: { info: testRun, streams: [meter] } })}\n`,
  );
  const { code, error } = await runCommand(tailCommand, [journal]);
  assert.equal(code, 1);
  assert.match(error, /its ring .* is gone/);
});

test("shows the first record at once, also when samples are to be far apart", async (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  const startMs = performance.now();
  const { done } = await startTail(ring, "--rate", "0.05", "--count", "1");
  stream.write(meterRows(0, 1));
  assert.match((await done).out, /meter #0/);
  assert.ok(performance.now() - startMs < 10_000);
});

test("what a device says cannot steer the terminal", async (t) => {
  const ring = testRing(t);
  ring.openStream(meter).lose(1, "device", "\u001b[2Jbad\nline");
  ring.close();
  const { error } = await runCommand(tailCommand, [ring.path, "--all", "--from-start"]);
  assert.match(error, /device, \\x1b\[2Jbad\\nline$/m);
});
