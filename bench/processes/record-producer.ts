import type { OverflowMode } from "../../src/ring/ring-options.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { nextStep, parseOptions, report } from "./parent.ts";
import { smallRecordBytes, smallRecordSchema } from "./small-record.ts";

export type RecordProducerOptions = {
  readonly ringPath: string;
  readonly ringBytes: number;
  readonly overflow: OverflowMode;
  readonly records: number;
};

export type RecordsProduced = { readonly startNs: bigint; readonly endNs: bigint; readonly waits: number };

const { ringPath, ringBytes, overflow, records } = parseOptions<RecordProducerOptions>();
const ring = RingWriter.create(ringPath, { sizeBytes: ringBytes, overflow, blockTimeoutMs: 60_000 });
process.on("exit", () => ring.remove());
const stream = ring.openStream(smallRecordSchema);
report("ready");
await nextStep();

const event = new Uint8Array(new ArrayBuffer(smallRecordBytes));
const words = new Uint32Array(event.buffer);
const columns = [event];
const startNs = process.hrtime.bigint();
let timestampNs = startNs;
let waits = 0;
for (let number = 0; number < records; number++) {
  words[0] = number;
  timestampNs += 1_000n;
  const pending = stream.write({ count: 1, timestampNs, columns });
  if (pending === undefined) continue;
  waits++;
  await pending;
}
ring.close();
report("produced", { startNs, endNs: process.hrtime.bigint(), waits } satisfies RecordsProduced);
await nextStep();
