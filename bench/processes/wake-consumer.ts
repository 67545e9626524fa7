import { RingReader } from "../../src/ring/ring-reader.ts";
import { nextStep, parseOptions, report } from "./parent.ts";

export type WakeConsumerOptions = { readonly ringPath: string; readonly wait: "blocking" | "async" };

/** Nanoseconds from before each record's writing until it was in the reader's hands, in order. */
export type Wakes = { readonly latenciesNs: Float64Array };

const waitMs = 250;

const { ringPath, wait } = parseOptions<WakeConsumerOptions>();
const reader = RingReader.attach(ringPath, { name: "benchmark", durable: false });
report("ready");

const latencies: number[] = [];
for (;;) {
  const record = reader.next();
  if (record !== undefined) {
    // hrtime counts from the same moment in every process of a machine.
    latencies.push(Number(process.hrtime.bigint() - record.firstTimestampNs));
  } else if (reader.state !== "open") break;
  else if (wait === "blocking") reader.waitBlocking(waitMs);
  else await reader.wait(waitMs);
}
reader.detach();
report("woken", { latenciesNs: Float64Array.from(latencies) } satisfies Wakes);
await nextStep();
