import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { nextStep, parseOptions, report } from "./parent.ts";
import { answerPath, smallRecordBytes, smallRecordSchema } from "./small-record.ts";

export type WakeConsumerOptions = {
  readonly ringPath: string;
  readonly wait: "blocking" | "async";
  readonly answers: boolean;
};

/** Nanoseconds from before each record's writing until it was in the reader's hands, in order. */
export type Wakes = { readonly latenciesNs: Float64Array };

const waitMs = 250;

const { ringPath, wait, answers } = parseOptions<WakeConsumerOptions>();
const reader = RingReader.attach(ringPath, { name: "benchmark", durable: false });
const answerRing = answers ? RingWriter.create(answerPath(ringPath), { sizeBytes: 2 ** 20 }) : undefined;
process.on("exit", () => answerRing?.remove());
const answerStream = answerRing?.openStream(smallRecordSchema);
const columns = [new Uint8Array(smallRecordBytes)];
report("ready");

const latencies: number[] = [];
for (;;) {
  const record = reader.next();
  if (record !== undefined) {
    // hrtime counts from the same moment in every process of a machine.
    latencies.push(Number(process.hrtime.bigint() - record.firstTimestampNs));
    answerStream?.write({ count: 1, timestampNs: 0n, columns });
  } else if (reader.state !== "open") break;
  else if (wait === "blocking") reader.waitBlocking(waitMs);
  else await reader.wait(waitMs);
}
reader.detach();
report("woken", { latenciesNs: Float64Array.from(latencies) } satisfies Wakes);
await nextStep();
