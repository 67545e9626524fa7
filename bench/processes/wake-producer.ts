import { RingWriter } from "../../src/ring/ring-writer.ts";
import { nextStep, parseOptions, report } from "./parent.ts";
import { smallRecordBytes, smallRecordSchema } from "./small-record.ts";

/**
 * How the producer passes the time between records: `busy` works for 50–300 µs, as a device that delivers thousands of
 * records a second; `idle` sleeps for 1–5 ms, so that the processors go to sleep too, and waking them is measured.
 */
export type WakePace = "busy" | "idle";

export type WakeProducerOptions = {
  readonly ringPath: string;
  readonly wakes: number;
  readonly pace: WakePace;
};

const pausesUs: Record<WakePace, readonly [shortest: number, longest: number]> = {
  busy: [50, 300],
  idle: [1_000, 5_000],
};

const { ringPath, wakes, pace } = parseOptions<WakeProducerOptions>();
const ring = RingWriter.create(ringPath, { sizeBytes: 2 ** 20 });
process.on("exit", () => ring.remove());
const stream = ring.openStream(smallRecordSchema);
report("ready");
await nextStep();

const columns = [new Uint8Array(smallRecordBytes)];
const never = new Int32Array(new SharedArrayBuffer(4));
let state = 1;
for (let wake = 0; wake < wakes; wake++) {
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
