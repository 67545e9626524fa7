import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { nextStep, parseOptions, report } from "./parent.ts";
import { answerPath, smallRecordBytes, smallRecordSchema } from "./small-record.ts";
import { busyPauses, idlePauses } from "./wake-pauses.ts";

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
const write = (): void => {
  void stream.write({ count: 1, timestampNs: process.hrtime.bigint(), columns });
};
switch (pace) {
  case "echo":
    for (let wake = 0; wake < wakes; wake++) {
      write();
      while (answers!.next() === undefined) answers!.waitBlocking(250);
    }
    break;
  case "idle":
    for (const pauseMs of idlePauses(wakes)) {
      Atomics.wait(never, 0, 0, pauseMs);
      write();
    }
    break;
  case "busy":
    for (const pauseMs of busyPauses(wakes)) {
      for (const end = performance.now() + pauseMs; performance.now() < end; );
      write();
    }
}
ring.close();
report("done");
await nextStep();
