import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterRun, problemIn } from "./counter-run.ts";

test("Ctrl-C once: the ring is drained, nothing is lost", async () => {
  const run = new CounterRun({
    formats: ["arrow"],
    ringMb: 32,
    rowsPerTick: 4000,
    storage: "max_write_mb_per_s = 8",
  });
  await run.started;
  await sleep(1000);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 0, run.stderr);
  const [arrow] = run.accounts();
  assert.equal(problemIn(arrow!, await run.arrowRows()), undefined);
  assert.equal(arrow!.lost, 0);
  run.remove();
});

test("Ctrl-C twice: draining is given up, and the file says what was lost", async () => {
  const run = new CounterRun({
    formats: ["arrow"],
    ringMb: 64,
    rowsPerTick: 8000,
    storage: "max_write_mb_per_s = 1",
  });
  await run.started;
  await sleep(1500);
  run.process.kill("SIGINT");
  await sleep(500);
  run.process.kill("SIGINT");
  assert.equal(await run.exited, 3, run.stderr);
  const [arrow] = run.accounts();
  assert.equal(problemIn(arrow!, await run.arrowRows()), undefined);
  assert.deepEqual(
    arrow!.ranges.map((range) => range.reason),
    ["aborted"],
  );
  run.remove();
});
