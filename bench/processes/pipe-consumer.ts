import { closeSync, openSync, readSync } from "node:fs";
import { nextStep, parseOptions, report } from "./parent.ts";
import type { Wakes } from "./wake-consumer.ts";

export type PipeOptions = { readonly pipePath: string; readonly wakes: number };

/** Sleeps in `read` until the other process has written eight bytes: the moment before it did. */
const { pipePath, wakes } = parseOptions<PipeOptions>();
report("ready");
const pipe = openSync(pipePath, "r");
const moment = new BigInt64Array(1);
const latenciesNs = new Float64Array(wakes);
for (let wake = 0; wake < wakes; wake++) {
  readSync(pipe, moment);
  latenciesNs[wake] = Number(process.hrtime.bigint() - moment[0]!);
}
closeSync(pipe);
report("woken", { latenciesNs } satisfies Wakes);
await nextStep();
