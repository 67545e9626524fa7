import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { recover } from "../../src/recorder/recover-run.ts";
import { CounterRun, problemIn, recorderPid, waitForDeath } from "../faults/counter-run.ts";

/** kill -9 of both at random moments, then `recover`: every file reads, and the ring's rest is in it. */
export async function killBoth(loops: number, log: (line: string) => void): Promise<void> {
  for (let loop = 1; loop <= loops; loop++) {
    const run = new CounterRun({ formats: ["arrow", "csv", "hdf5", "zarr"] });
    await run.started;
    const tap = run.tap();
    await sleep(Math.random() * 500);
    const recorder = recorderPid(tap);
    const acquisitionFirst = Math.random() < 0.5;
    if (acquisitionFirst) run.process.kill("SIGKILL");
    if (recorder !== undefined) process.kill(recorder, "SIGKILL");
    if (!acquisitionFirst) run.process.kill("SIGKILL");
    await run.exited;
    // A process with threads and much memory takes a moment to die; until then the ring is its own.
    if (recorder !== undefined) await waitForDeath(recorder);
    const produced = tap.producedOf(0);
    tap.detach();
    // Between the two kills a recorder may have drained the ring and closed the files: then nothing is to be recovered.
    if (existsSync(run.journalPath)) assert.equal((await recover(run.journalPath)).kind, "run");
    else assert.ok(existsSync(run.indexPath), "without a journal the run is complete");
    for (const { format, account, rows } of await run.outputs()) {
      assert.equal(problemIn(account, rows), undefined, `${format}, loop ${loop} in ${run.folder}`);
      assert.equal(account.lost, 0, "the ring still held everything");
      assert.ok(account.stored >= produced, `${account.stored} stored, ${produced} were produced`);
    }
    if (loop % 10 === 0 || loop === loops) log(`${loop}/${loops} recoveries`);
    run.remove();
  }
}
