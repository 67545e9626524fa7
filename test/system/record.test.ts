import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { formatOfPath } from "../../src/formats/registry.ts";
import { type RunIndex, readRunIndex } from "../../src/recorder/run-index.ts";
import { DaqRecord } from "./daq-record.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "daq-record-"));
});
after(() => rm(root, { recursive: true, force: true }));

function folder(): Promise<string> {
  return mkdtemp(join(root, "run-"));
}

/** A configuration file that records what a shell command prints, one whole number in a line. */
function commandConfig(place: string, command: string, more = ""): string {
  const path = join(place, "daq.toml");
  const device = [
    "[[devices]]",
    'id = "meter"',
    'driver = "command"',
    `command = ${JSON.stringify(command)}`,
    'encoding = "lines"',
    'dtype = "int32"',
  ];
  const storage = [
    "[storage]",
    'format = ["arrow", "csv"]',
    `output_path = ${JSON.stringify(join(place, "run.{ext}"))}`,
  ];
  writeFileSync(path, [...storage, ...device, more].join("\n"));
  return path;
}

/** Each file of a run exists and holds exactly the records that the index says. Returns stored records by stream. */
async function assertAddsUp(indexPath: string, index: RunIndex): Promise<Record<string, number>> {
  const stored: Record<string, number> = {};
  for (const { files, ledger } of index.outputs) {
    assert.equal(ledger.complete, true);
    assert.deepEqual(
      ledger.accounts.map((account) => account.stream).sort(),
      files.flatMap((file) => file.streams).sort(),
    );
    for (const account of ledger.accounts) {
      assert.equal(account.produced, account.stored + account.lost);
      assert.equal(
        account.lost,
        account.ranges.reduce((sum, range) => sum + range.count, 0),
      );
      stored[account.stream] = account.stored;
    }
    for (const file of files) {
      const path = join(dirname(indexPath), file.path);
      assert.ok(existsSync(path), path);
      if (file.streams.length === 0) continue;
      const summary = await (await formatOfPath(path)).inspect(path);
      assert.equal(summary.state, "complete", path);
      for (const { schema, records } of summary.streams) assert.equal(records, stored[schema.name], path);
    }
  }
  return stored;
}

/** Nothing of a run that never began is left: no ring, no journal, no file. */
function assertNothingMade(run: DaqRecord, place: string, expected: readonly string[]): void {
  assert.equal(run.started, undefined);
  assert.deepEqual(readdirSync(place).sort(), [...expected].sort());
}

describe("daq record", { concurrency: 4 }, () => {
  test("says when it started, how it goes and what it stored, in JSON alone, and leaves files that add up", async () => {
    const place = await folder();
    const run = new DaqRecord(["--duration", "1500ms", "--output", join(place, "run.{ext}")]);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    const events = run.said.map((line) => ("event" in line ? line.event : "error"));
    assert.equal(events[0], "started");
    assert.equal(events.at(-1), "finished");
    assert.ok(events.filter((event) => event === "progress").length >= 3, events.join(" "));
    assert.deepEqual([...new Set(events)].sort(), ["finished", "progress", "started"]);

    const { indexPath, index, exitCode, errors } = run.finished!;
    assert.equal(exitCode, 0);
    assert.deepEqual(errors, []);
    assert.equal(indexPath, join(place, "run.run.json"));
    assert.deepEqual(await readRunIndex(indexPath), index);
    assert.equal(index.end, "closed");
    assert.equal(index.run.info.uid, run.started!.runUid);
    const stored = await assertAddsUp(indexPath, index);
    assert.ok(stored.camera0! > 10 && stored.power0! > 50, JSON.stringify(stored));
    const last = run.progress.at(-1)!.recorder.streams.map(({ stream, produced }) => [stream, produced]);
    assert.deepEqual(Object.fromEntries(last), stored);
    assert.equal(existsSync(run.started!.ringPath), false, "the ring is gone");
    const named = index.outputs.flatMap((output) => output.files.map((file) => file.path));
    assert.deepEqual(readdirSync(place).sort(), [...named, "run.run.json"].sort());
  });

  test("stores exactly as many records of each device as --frames says", async () => {
    const place = await folder();
    const run = new DaqRecord(["--frames", "10", "--output", join(place, "run.{ext}")]);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    const { indexPath, index } = run.finished!;
    assert.deepEqual(await assertAddsUp(indexPath, index), { camera0: 10, power0: 10 });
    for (const { ledger } of index.outputs)
      for (const account of ledger.accounts) assert.deepEqual([account.produced, account.lost], [10, 0]);
  });

  test("one Ctrl-C stops the devices, stores all that the ring still holds, and is a success", async () => {
    const place = await folder();
    // The camera makes 9 MB/s: what the files cannot take in time waits in the ring.
    const slow = ["--set", "storage.max_write_mb_per_s=4", "--set", "storage.flush_interval_ms=100"];
    const run = new DaqRecord([...slow, "--output", join(place, "run.{ext}")]);
    await run.until(() => run.progress.some(({ recorder }) => recorder.behindBytes > 4 * 2 ** 20));
    const atStop = run.progress.at(-1)!.recorder;
    run.interrupt();
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    assert.match(run.stderr, /Stopping: what the ring holds is being stored/);
    assert.ok(run.progress.some(({ phase, recorder }) => phase === "draining" && recorder.behindBytes > 0));
    const { indexPath, index } = run.finished!;
    assert.equal(index.end, "closed");
    const stored = await assertAddsUp(indexPath, index);
    for (const { stream, produced, read } of atStop.streams) {
      assert.ok(
        stored[stream]! >= produced,
        `${stream}: ${stored[stream]} stored, ${produced} were produced`,
      );
      if (stream === "camera0") assert.ok(read < produced, "frames were waiting in the ring");
    }
    for (const { ledger } of index.outputs)
      for (const account of ledger.accounts) assert.equal(account.lost, 0);
    assert.equal(existsSync(run.started!.ringPath), false, "the ring is gone");
  });

  test("a program that dies is a failure with its command, exit code and last words; what it gave is stored", async () => {
    const place = await folder();
    const command = "echo 11; echo 22; echo 33; echo 'sensor unplugged' >&2; exit 7";
    const other = ["[[devices]]", 'id = "power0"', 'driver = "sim.power_meter"'].join("\n");
    const config = commandConfig(place, command, other);
    const run = new DaqRecord([config, "--frames", "4"]);
    assert.deepEqual(await run.ended, { code: 1, signal: null }, run.stderr);
    const { indexPath, index, errors, exitCode } = run.finished!;
    assert.equal(exitCode, 1);
    assert.equal(errors.length, 1);
    assert.equal(errors[0]!.code, "device");
    assert.match(
      errors[0]!.message,
      /"meter".*echo 11; echo 22; echo 33.*exit code 7.*\n?.*sensor unplugged/s,
    );
    assert.match(errors[0]!.message, /It is configured in .*:\d+\.$/);
    assert.match(run.stderr, /exit code 7/);
    assert.deepEqual(await assertAddsUp(indexPath, index), { meter: 3, power0: 4 });
    const rows = readFileSync(join(place, "run.meter.csv"), "utf8").trim().split(/\r?\n/);
    assert.deepEqual(
      rows.map((row) => row.split(",").slice(1).join()),
      ["sequence,value", "0,11", "1,22", "2,33"],
    );
  });

  test("refuses a path where a file is, before anything starts, and leaves the file alone", async () => {
    const place = await folder();
    const existing = join(place, "run.power0.csv");
    writeFileSync(existing, "the only copy\n");
    const { mtimeMs, ino } = statSync(existing);
    const run = new DaqRecord(["--duration", "10s", "--output", join(place, "run.{ext}")]);
    assert.deepEqual(await run.ended, { code: 1, signal: null }, run.stderr);
    assert.equal(run.errors[0]!.code, "path");
    assert.ok(run.errors[0]!.message.includes(existing), run.errors[0]!.message);
    assert.match(run.errors[0]!.hint!, /\{version\}/);
    assert.equal(readFileSync(existing, "utf8"), "the only copy\n");
    assert.deepEqual([statSync(existing).mtimeMs, statSync(existing).ino], [mtimeMs, ino]);
    assertNothingMade(run, place, ["run.power0.csv"]);
  });

  test("says that a folder may not be written to, and which", async (t) => {
    const place = await folder();
    const locked = join(place, "locked");
    await mkdir(locked);
    await chmod(locked, 0o555);
    const through = obeyingPermissions();
    if (through === undefined)
      return t.skip("root may write everywhere, and there is no setpriv to give that up");
    for (const output of [join(locked, "run.{ext}"), join(locked, "below/run.{ext}")]) {
      const run = new DaqRecord(["--duration", "10s", "--output", output], through);
      assert.deepEqual(await run.ended, { code: 1, signal: null }, run.stderr);
      assert.equal(run.errors[0]!.code, "path", run.stderr);
      assert.ok(run.errors[0]!.message.includes(locked), run.errors[0]!.message);
      assert.doesNotMatch(run.stderr, /^\s+at |fault of daq-storage/m);
      assertNothingMade(run, locked, []);
    }
  });

  test("says that a file stands where a folder should be, and which", async () => {
    const place = await folder();
    const file = join(place, "results");
    writeFileSync(file, "notes\n");
    for (const output of [join(file, "run.{ext}"), join(file, "today/run.{ext}")]) {
      const run = new DaqRecord(["--duration", "10s", "--output", output]);
      assert.deepEqual(await run.ended, { code: 1, signal: null }, run.stderr);
      assert.equal(run.errors[0]!.code, "path", run.stderr);
      assert.ok(run.errors[0]!.message.includes(file), run.errors[0]!.message);
      assert.doesNotMatch(run.stderr, /^\s+at |fault of daq-storage/m);
      assert.equal(readFileSync(file, "utf8"), "notes\n");
      assertNothingMade(run, place, ["results"]);
    }
  });

  test("a driver that does not exist is a wrong configuration, with its line and the nearest name", async () => {
    const place = await folder();
    const config = join(place, "daq.toml");
    writeFileSync(config, '[[devices]]\nid = "camera0"\ndriver = "sim.camara"\n');
    const run = new DaqRecord([config, "--output", join(place, "run.{ext}")]);
    assert.deepEqual(await run.ended, { code: 2, signal: null }, run.stderr);
    assert.equal(run.errors[0]!.code, "config");
    assert.match(run.errors[0]!.message, /daq\.toml:3: .*"sim\.camara".*"sim\.camera"/);
    assertNothingMade(run, place, ["daq.toml"]);
  });
});

/** How to start a program that permissions hold for; undefined when that cannot be had here. */
function obeyingPermissions(): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const through = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
  ];
  return spawnSync(through[0]!, [...through.slice(1), "true"]).status === 0 ? through : undefined;
}
