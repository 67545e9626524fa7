import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, linkSync, renameSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { isAlive } from "../../src/ring/process-identity.ts";
import { CounterRun, problemIn } from "./counter-run.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");
const daqRecover = (path: string) =>
  promisify(execFile)(process.execPath, [daq, "recover", path]).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );

async function startedRun(): Promise<{ readonly run: CounterRun; readonly recorder: number }> {
  const run = new CounterRun({ formats: ["arrow", "hdf5"], ringMb: 64 });
  await run.started;
  await sleep(700);
  const recorder = run.events.find(({ event }) => event === "started")!.recorderPid as number;
  return { run, recorder };
}

test("a stopped recorder is given up after the second Ctrl-C, and daq recover stores everything", async () => {
  const { run, recorder } = await startedRun();
  process.kill(recorder, "SIGSTOP");
  await sleep(500);
  run.process.kill("SIGINT");
  await sleep(4500);
  const silent = run.events.filter(({ event, silentMs }) => event === "progress" && Number(silentMs) >= 3000);
  assert.ok(silent.length > 0, "the progress says that nobody answers");
  assert.match(run.stderr, new RegExp(`recorder \\(process ${recorder}\\) has not answered for \\d+ s`));
  run.assertRunning();
  const secondAt = performance.now();
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 1, run.stderr);
  assert.ok(performance.now() - secondAt < 25_000);
  assert.match(run.stderr, new RegExp(`process ${recorder}\\) has not answered for \\d+ s and was killed`));
  assert.ok(run.stderr.includes(`still in the ring ${run.ringPath}`), run.stderr);
  assert.ok(run.stderr.includes(`daq recover ${run.indexPath}`), run.stderr);
  assert.ok(existsSync(run.ringPath));
  assert.ok(!isAlive({ pid: recorder, startTicks: 0 }), "nothing is left that could go on later");
  const { code, output } = await daqRecover(run.indexPath);
  assert.equal(code, 0, output);
  for (const { format, account, rows } of await run.outputs()) {
    assert.equal(problemIn(account, rows), undefined, format);
    assert.equal(account.lost, 0, format);
  }
  assert.ok(!existsSync(run.ringPath));
  run.remove();
});

test("after the first Ctrl-C a recorder that was stopped for a while and goes on loses nothing", async () => {
  const { run, recorder } = await startedRun();
  process.kill(recorder, "SIGSTOP");
  run.process.kill("SIGINT");
  await sleep(4000);
  const { code, output } = await daqRecover(run.indexPath);
  assert.equal(code, 1, "it is refused while the run goes on");
  assert.match(output, /still going on/);
  process.kill(recorder, "SIGCONT");
  assert.equal(await run.exited, 0, run.stderr);
  for (const { format, account, rows } of await run.outputs())
    assert.equal(problemIn(account, rows), undefined, format);
  run.remove();
});

test("a ring that was left when the index had been written is removed by daq recover on the index", async () => {
  const run = new CounterRun({ formats: ["arrow"] });
  await run.started;
  await sleep(300);
  const second = `${run.ringPath}.kept`;
  linkSync(run.ringPath, second);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 0, run.stderr);
  assert.ok(!existsSync(run.ringPath));
  // What both processes leave when they are killed between writing the index and removing the ring.
  renameSync(second, run.ringPath);
  const { code, output } = await daqRecover(run.indexPath);
  assert.equal(code, 0, output);
  assert.match(output, /complete already; its ring .* was removed/);
  assert.ok(!existsSync(run.ringPath));
  const again = await daqRecover(run.indexPath);
  assert.equal(again.code, 0, again.output);
  assert.match(again.output, /complete already; there is nothing to do/);
  run.remove();
});
