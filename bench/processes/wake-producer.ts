import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { nextStep, parseOptions, report } from "./parent.ts";
import { answerPath, smallRecordBytes, smallRecordSchema } from "./small-record.ts";

/**
 * What the producer does between records: `echo` sleeps until the reader has answered through a ring of its own;
 * `busy` works for 50–300 µs; `idle` sleeps for 1–5 ms, so that the processors go to sleep too.
 */
export type WakePace = "echo" | "busy" | "idle";

export type WakeProducerOptions = {
  readonly ringPath: string;
  readonly wakes: number;
  readonly pace: WakePace;
};

const pausesUs: Record<Exclude<WakePace, "echo">, readonly [shortest: number, longest: number]> = {
  busy: [50, 300],
  idle: [1_000, 5_000],
};

const { ringPath, wakes, pace } = parseOptions<WakeProducerOptions>();
const ring = RingWriter.create(ringPath, { sizeBytes: 2 ** 20 });
process.on("exit", () => ring.remove());
const stream = ring.openStream(smallRecordSchema);
report("ready");
await nextStep();
const answers =
  pace === "echo"
    ? RingReader.attach(answerPath(ringPath), { name: "benchmark", durable: false })
    : undefined;

const columns = [new Uint8Array(smallRecordBytes)];
const never = new Int32Array(new SharedArrayBuffer(4));
let state = 1;
for (let wake = 0; wake < wakes; wake++) {
  if (pace === "echo") {
    stream.write({ count: 1, timestampNs: process.hrtime.bigint(), columns });
    while (answers!.next() === undefined) answers!.waitBlocking(250);
    continue;
  }
  // Park and Miller's generator: the pauses are irregular and the same in every run.
  state = (state * 48_271) % 2_147_483_647;
  const [shortest, longest] = pausesUs[pace];
  const pauseMs = (shortest + (state / 2_147_483_647) * (longest - shortest)) / 1000;
  if (pace === "idle") Atomics.wait(never, 0, 0, pauseMs);
  else for (const end = performance.now() + pauseMs; performance.now() < end; );
  stream.write({ count: 1, timestampNs: process.hrtime.bigint(), columns });
}
ring.close();
report("done");
await nextStep();
