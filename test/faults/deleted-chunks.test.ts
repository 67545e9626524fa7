import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { loadFormat } from "../../src/formats/registry.ts";
import { exitCodes } from "../../src/model/errors.ts";
import type { StreamAccount } from "../../src/model/ledger.ts";
import { CounterRun, readZarr } from "./counter-run.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

/** Chunks of 700 records, four of them in a shard. */
const rowsPerShard = 2_800;

async function runDaq(...args: string[]): Promise<{ code: number; out: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [daq, ...args]);
    return { code: 0, out: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout + stderr };
  }
}

/** Resolves when so many shards of the values are whole. */
async function wholeShards(run: CounterRun, count: number): Promise<void> {
  const folder = join(run.outputFolder, "run.zarr/n/c");
  const whole = () => (existsSync(folder) ? readdirSync(folder).length : 0);
  for (let tries = 0; tries < 800 && whole() < count; tries++) await sleep(25);
  assert.ok(whole() >= count, run.stderr);
}

/** Deletes a shard of the values and two of the times. */
async function deleteShards(run: CounterRun): Promise<number[]> {
  const folder = join(run.outputFolder, "run.zarr");
  await wholeShards(run, 5);
  rmSync(join(folder, "n/c/1"));
  for (const shard of [3, 4]) rmSync(join(folder, "timestamps/c", String(shard)));
  await wholeShards(run, 6);
  return [1, 3, 4];
}

function checkAccount(account: StreamAccount, shards: readonly number[]): void {
  assert.equal(account.lost, shards.length * rowsPerShard);
  assert.equal(account.produced, account.stored + account.lost);
  const lost = account.ranges.flatMap(({ first, count }) =>
    Array.from({ length: count / rowsPerShard }, (_, at) => first / rowsPerShard + at),
  );
  assert.deepEqual(lost, shards);
  for (const { reason, detail } of account.ranges) {
    assert.equal(reason, "writer-failed");
    assert.match(detail!, /deleted from the folder/);
  }
}

test("shards that are deleted during a run are lost in its account, its notes and its exit code", async () => {
  const run = new CounterRun({ formats: ["zarr"] });
  await run.started;
  const shards = await deleteShards(run);
  run.assertRunning();
  run.process.kill("SIGINT");
  assert.equal(await run.exited, exitCodes.lossy, run.stderr);
  const [account] = run.accounts();
  checkAccount(account!, shards);
  const { notes } = JSON.parse(readFileSync(run.indexPath, "utf8")) as { notes: string[] };
  assert.match(
    notes.join("\n"),
    /run\.zarr: 8400 records of counter are lost, though they were stored: .*deleted/,
  );
  const rows = await readZarr(join(run.outputFolder, "run.zarr"));
  assert.equal(rows.values.length, account!.produced);
  for (const [row, value] of rows.values.entries())
    assert.equal(value, Math.floor(row / rowsPerShard) === 1 ? 0 : row);
  const inspected = await runDaq("inspect", join(run.outputFolder, "run.zarr"));
  assert.equal(inspected.code, exitCodes.lossy, inspected.out);
  const copy = join(run.outputFolder, "copy.arrow");
  const converted = await runDaq("convert", join(run.outputFolder, "run.zarr"), copy);
  assert.equal(converted.code, exitCodes.lossy, converted.out);
  let stored = 0;
  for await (const { count, sequences, columns } of (await loadFormat("arrow")).read(copy, "counter")) {
    const numbers = new BigInt64Array(columns[0]!.bytes.buffer, columns[0]!.bytes.byteOffset, count);
    assert.deepEqual(numbers, sequences);
    stored += count;
  }
  assert.equal(stored, account!.stored);
  assert.equal((await runDaq("verify", copy)).code, exitCodes.lossy);
  run.remove();
});

test("shards that are deleted before a run is recovered are lost in its account, and recover exits with 3", async () => {
  for (const byJournal of [true, false]) {
    const run = new CounterRun({ formats: ["zarr"] });
    await run.started;
    const { ringPath } = run;
    const tap = run.tap();
    const recorder = tap.consumers().find(({ durable, alive }) => durable && alive)!.pid;
    tap.detach();
    const shards = await deleteShards(run);
    run.process.kill("SIGKILL");
    process.kill(recorder, "SIGKILL");
    await run.exited;
    rmSync(ringPath, { force: true });
    const path = join(run.outputFolder, "run.zarr");
    if (!byJournal) rmSync(run.journalPath);
    const recovered = await runDaq("recover", path);
    assert.equal(recovered.code, exitCodes.lossy, recovered.out);
    assert.match(recovered.out, byJournal ? /deleted from the folder/ : /8400 records are lost/);
    const inspected = await runDaq("inspect", "--json", path);
    const { ledgers } = JSON.parse(inspected.out) as {
      ledgers: { ledger: { accounts: StreamAccount[] } }[];
    };
    checkAccount(ledgers[0]!.ledger.accounts[0]!, shards);
    run.remove();
  }
});

test("a folder that is renamed during a run is said at once, and what is in the old one is lost", async () => {
  const run = new CounterRun({ formats: ["zarr"] });
  await run.started;
  const path = join(run.outputFolder, "run.zarr");
  await wholeShards(run, 3);
  renameSync(path, join(run.outputFolder, "mine.zarr"));
  await wholeShards(run, 3);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, exitCodes.lossy, run.stderr);
  const warnings = run.events
    .filter(({ event }) => event === "warning")
    .map(({ message }) => String(message));
  assert.match(warnings.join("\n"), /run\.zarr was deleted, renamed or replaced.*into a new folder/);
  const [account] = run.accounts();
  const { values } = await readZarr(path);
  assert.equal(values.length, account!.produced);
  const lost = new Set<number>();
  for (const { first, count } of account!.ranges)
    for (let number = first; number < first + count; number++) lost.add(number);
  assert.ok(lost.size >= 3 * rowsPerShard && lost.size === account!.lost && account!.stored > 0);
  for (const [row, value] of values.entries()) assert.equal(value, lost.has(row) ? 0 : row);
  run.remove();
});
