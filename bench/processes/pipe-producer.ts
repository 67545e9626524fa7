import { closeSync, openSync, writeSync } from "node:fs";
import { nextStep, parseOptions, report } from "./parent.ts";
import type { PipeOptions } from "./pipe-consumer.ts";
import { idlePauses } from "./wake-pauses.ts";

/** Writes the moment into a pipe after each pause, as the ring's producer writes a record. */
const { pipePath, wakes } = parseOptions<PipeOptions>();
report("ready");
await nextStep();
const pipe = openSync(pipePath, "w");
const never = new Int32Array(new SharedArrayBuffer(4));
const moment = new BigInt64Array(1);
for (const pauseMs of idlePauses(wakes)) {
  Atomics.wait(never, 0, 0, pauseMs);
  moment[0] = process.hrtime.bigint();
  writeSync(pipe, moment);
}
closeSync(pipe);
report("done");
await nextStep();
