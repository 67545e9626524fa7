import { RingReader } from "../../src/ring/ring-reader.ts";
import { nextStep, parseOptions, report } from "./parent.ts";

export type RecordConsumerOptions = {
  readonly ringPath: string;
  readonly durable: boolean;
  /** A reader that stops now and then for so long, and is overtaken meanwhile. */
  readonly pauseMs?: number;
};

export type RecordsRead = {
  readonly endNs: bigint;
  readonly read: number;
  /** As the reader reports it: holes in the sequence numbers. */
  readonly lost: number;
  readonly produced: number;
  /** Records whose content is not what their sequence number says. */
  readonly wrong: number;
  readonly waits: number;
};

/** A durable reader says this often what it has done with: the ring waits for it. */
const storeBytes = 2 ** 20;
const recordsPerPause = 100_000;

const { ringPath, durable, pauseMs } = parseOptions<RecordConsumerOptions>();
const reader = RingReader.attach(ringPath, { name: "benchmark", durable });
report("ready");
await nextStep();

const never = new Int32Array(new SharedArrayBuffer(4));
let read = 0;
let lost = 0;
let wrong = 0;
let waits = 0;
for (;;) {
  const record = reader.next();
  if (record === undefined) {
    if (reader.state !== "open") break;
    if (durable && reader.isProducerWaiting) reader.store(reader.cursor);
    waits++;
    reader.waitBlocking(250);
    continue;
  }
  lost += record.lostBefore;
  const { memoryBytes: bytes, payloadAt: at } = record;
  const content = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  if (!reader.isIntact(record)) {
    reader.reject(record, 0);
    continue;
  }
  if (content !== record.firstSequence) wrong++;
  read += record.count;
  if (pauseMs !== undefined && read % recordsPerPause === 0) Atomics.wait(never, 0, 0, pauseMs);
  if (durable && reader.cursor - reader.storedCursor >= storeBytes) reader.store(reader.cursor);
}
const endNs = process.hrtime.bigint();
const view = reader.streamViews[0]!;
const produced = reader.producedOf(view.index);
lost += produced - view.nextSequence;
reader.detach();
report("read", { endNs, read, lost, produced, wrong, waits } satisfies RecordsRead);
await nextStep();
