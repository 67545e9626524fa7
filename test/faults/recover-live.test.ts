import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { recover } from "../../src/recorder/recover-run.ts";
import { CounterRun, problemIn } from "./counter-run.ts";

test("a run that goes on is not touched: not by its journal, not through a link, not when its ring is gone", async () => {
  const run = new CounterRun({ formats: ["arrow"] });
  await run.started;
  await sleep(300);
  await assert.rejects(recover(run.journalPath), { code: "ring", message: /still going on/ });
  const link = join(run.folder, "..", `link-${process.pid}.arrow`);
  symlinkSync(join(run.folder, "run.arrow"), link);
  await assert.rejects(recover(link), { code: "ring", message: /still going on/ });
  spawn("rm", [link, run.ringPath]);
  while (existsSync(run.ringPath)) await sleep(10);
  await assert.rejects(recover(run.journalPath), { code: "path", message: /Another process is writing/ });
  run.process.kill("SIGINT");
  await run.exited;
  const [arrow] = run.accounts();
  assert.equal(problemIn(arrow!, await run.arrowRows()), undefined);
  run.remove();
});
