import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterRun, problemIn, readArrow } from "./counter-run.ts";

async function warned(run: CounterRun, pattern: RegExp): Promise<void> {
  const isSaid = () =>
    run.events.some(({ event, message }) => event === "warning" && pattern.test(String(message)));
  for (let tries = 0; tries < 200 && !isSaid(); tries++) await sleep(50);
  assert.ok(isSaid(), run.stderr);
}

test("a data file that is deleted during the run is said at once, and is no file of the run at its end", async () => {
  const run = new CounterRun({ formats: ["arrow", "csv"] });
  await run.started;
  await sleep(300);
  rmSync(join(run.outputFolder, "run.arrow"));
  await warned(run, /run\.arrow is gone.*\/proc\/\d+\/fd/);
  run.assertRunning();
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 1, run.stderr);
  assert.match(run.stderr, /error: .*run\.arrow is gone/);
  const [arrow, csv] = run.accounts();
  assert.deepEqual([arrow!.stored, arrow!.lost], [0, arrow!.produced]);
  assert.deepEqual(
    arrow!.ranges.map(({ first, count, reason }) => [first, count, reason]),
    [[0, arrow!.produced, "writer-failed"]],
  );
  assert.ok(arrow!.produced > 0);
  assert.equal(problemIn(csv!, await run.csvRows()), undefined);
  assert.equal(csv!.lost, 0);
  run.remove();
});

test("a data file that is renamed during the run is said with its new name, where all records are", async () => {
  const run = new CounterRun({ formats: ["arrow"] });
  await run.started;
  await sleep(300);
  const moved = join(run.outputFolder, "mine.arrow");
  renameSync(join(run.outputFolder, "run.arrow"), moved);
  await warned(run, /run\.arrow was renamed.*mine\.arrow/);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 1, run.stderr);
  const [arrow] = run.accounts();
  assert.equal(problemIn(arrow!, await readArrow(moved)), undefined);
  assert.equal(arrow!.lost, 0);
  run.remove();
});

test("a file that has its name back before the end is as if nothing had happened", async () => {
  const run = new CounterRun({ formats: ["arrow"] });
  await run.started;
  const path = join(run.outputFolder, "run.arrow");
  renameSync(path, `${path}.away`);
  await warned(run, /was renamed/);
  renameSync(`${path}.away`, path);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 0, run.stderr);
  run.remove();
});
