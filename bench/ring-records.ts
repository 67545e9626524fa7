import { DaqError } from "../src/model/errors.ts";
import type { OverflowMode } from "../src/ring/ring-options.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { Child, withChildren } from "./harness/child.ts";
import type { RecordConsumerOptions, RecordsRead } from "./processes/record-consumer.ts";
import type { RecordProducerOptions, RecordsProduced } from "./processes/record-producer.ts";

const blockCase = "ring/records/100B";
const discardCase = "ring/records/100B-discard-oldest";
const ringBytes = 64 * 2 ** 20;
/** Holds about 40,000 records: fewer than what is written while the reader stops. */
const smallRingBytes = 8 * 2 ** 20;
const pauseMs = 50;
const records = 5_000_000;
const quickRecords = 300_000;

async function transfer(
  context: BenchmarkContext,
  overflow: OverflowMode,
): Promise<{ produced: RecordsProduced; read: RecordsRead; records: number }> {
  const ringPath = context.ringPath();
  const count = context.quick ? quickRecords : records;
  const durable = overflow === "block";
  const options: RecordProducerOptions = {
    ringPath,
    ringBytes: durable ? ringBytes : smallRingBytes,
    overflow,
    records: count,
  };
  const producer = new Child("record-producer", options);
  return withChildren([producer], async () => {
    await producer.receive("ready");
    const reading: RecordConsumerOptions = durable ? { ringPath, durable } : { ringPath, durable, pauseMs };
    const consumer = new Child("record-consumer", reading);
    return withChildren([consumer], async () => {
      await consumer.receive("ready");
      consumer.go();
      producer.go();
      const produced = await producer.receive<RecordsProduced>("produced");
      const read = await consumer.receive<RecordsRead>("read");
      check(read, count, durable);
      return { produced, read, records: count };
    });
  });
}

function check({ read, lost, produced, wrong }: RecordsRead, records: number, durable: boolean): void {
  if (produced === records && read + lost === produced && wrong === 0 && !(durable && lost > 0)) return;
  throw new DaqError(
    "ring",
    `${records} records were written and ${produced} counted; ${read} were read (${wrong} of them wrong) and ${lost} lost.`,
    { hint: "This is a fault of the ring." },
  );
}

function perSecond(count: number, fromNs: bigint, toNs: bigint): number {
  return count / (Number(toNs - fromNs) / 1e9);
}

async function blocking(context: BenchmarkContext): Promise<Figures> {
  const { produced, read, records } = await transfer(context, "block");
  return {
    records_per_s: perSecond(records, produced.startNs, read.endNs),
    producer_waits: produced.waits,
    consumer_waits: read.waits,
  };
}

async function discarding(context: BenchmarkContext): Promise<Figures> {
  const { produced, read, records } = await transfer(context, "discard-oldest");
  return {
    records_per_s: perSecond(records, produced.startNs, produced.endNs),
    produced: read.produced,
    read: read.read,
    lost: read.lost,
    consumer_waits: read.waits,
  };
}

export const ringRecords: Benchmark = {
  name: "ring-records",
  question: "How many small records a second go from one process to another?",
  cases: [blockCase, discardCase],

  async run(context) {
    const goals = [{ quantity: "records_per_s", atLeast: 1_000_000 }];
    await context.measure(blockCase, () => blocking(context), { goals });
    await context.measure(discardCase, () => discarding(context));
  },
};
