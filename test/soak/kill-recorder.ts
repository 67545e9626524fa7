import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterRun, problemIn, recorderPid } from "../faults/counter-run.ts";

/** kill -9 of the recorder at random moments: after its restarts no record is missing and none is there twice. */
export async function killRecorder(loops: number, log: (line: string) => void): Promise<void> {
  let kills = 0;
  while (kills < loops) {
    const run = new CounterRun({ formats: ["arrow", "csv", "hdf5", "zarr"], ringMb: 32 });
    await run.started;
    const tap = run.tap();
    const wanted = Math.min(loops - kills, 10);
    for (let number = 0; number < wanted; ) {
      run.assertRunning();
      // Now and then long enough to store something: a recorder that never gets to that is given up, rightly.
      await sleep(Math.random() * (number % 3 === 2 ? 1500 : 300));
      const pid = recorderPid(tap);
      if (pid === undefined) continue;
      process.kill(pid, "SIGKILL");
      number++;
      kills++;
    }
    await sleep(300);
    run.process.kill("SIGINT");
    const code = await run.exited;
    tap.close();
    assert.equal(code, 0, run.stderr);
    const outputs = await run.outputs();
    for (const { format, account, rows } of outputs) {
      assert.equal(problemIn(account, rows), undefined, `${format} after ${kills} kills in ${run.folder}`);
      assert.equal(account.lost, 0, "nothing may be lost: the ring held everything");
    }
    const { stored } = outputs[0]!.account;
    log(`${kills}/${loops} kills; ${stored} records, none missing, none twice`);
    run.remove();
  }
}
