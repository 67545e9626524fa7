import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterRun, problemIn } from "../faults/counter-run.ts";

/** kill -9 of the acquisition at random moments: its recorder stores all that was in the ring and closes the files. */
export async function killAcquisition(loops: number, log: (line: string) => void): Promise<void> {
  for (let loop = 1; loop <= loops; loop++) {
    const run = new CounterRun({
      formats: ["arrow", "csv", "hdf5", "zarr"],
      rowsPerTick: 1 + Math.floor(Math.random() * 3000),
    });
    await run.started;
    const tap = run.tap();
    await sleep(Math.random() * 500);
    run.process.kill("SIGKILL");
    await run.exited;
    const produced = tap.producedOf(0);
    await run.journalGone();
    // Deleted by the last recorder that needed it.
    const deadline = Date.now() + 2_000;
    while (existsSync(run.ringPath) && Date.now() < deadline) await sleep(10);
    assert.equal(existsSync(run.ringPath), false, "the ring's file is gone");
    tap.close();
    for (const { format, account, rows } of await run.outputs()) {
      assert.equal(problemIn(account, rows), undefined, `${format}, loop ${loop} in ${run.folder}`);
      assert.equal(account.lost, 0, "all that was in the ring is stored");
      assert.ok(account.stored >= produced, `${account.stored} stored, ${produced} were in the ring`);
    }
    if (loop % 10 === 0 || loop === loops)
      log(`${loop}/${loops} kills; ${run.accounts()[0]!.stored} records in the last run`);
    run.remove();
  }
}
