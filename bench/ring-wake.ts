import { DaqError } from "../src/model/errors.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { Child, withChildren } from "./harness/child.ts";
import { percentile } from "./harness/statistics.ts";
import type { WakeConsumerOptions, Wakes } from "./processes/wake-consumer.ts";
import type { WakePace, WakeProducerOptions } from "./processes/wake-producer.ts";

const blockingCase = "ring/wake/blocking";
const busyCase = "ring/wake/blocking-busy";
const idleCase = "ring/wake/blocking-idle";
const asyncCase = "ring/wake/async";
const wakes = 2_000;
const quickWakes = 200;
/** Wakes before those that count: code is compiled and caches are filled by then. */
const firstWakes = 200;

async function wake(
  context: BenchmarkContext,
  wait: WakeConsumerOptions["wait"],
  pace: WakePace,
): Promise<Figures> {
  const ringPath = context.ringPath();
  const count = (context.quick ? quickWakes : wakes) + firstWakes;
  const producer = new Child("wake-producer", { ringPath, wakes: count, pace } satisfies WakeProducerOptions);
  return withChildren([producer], async () => {
    await producer.receive("ready");
    const consumer = new Child("wake-consumer", {
      ringPath,
      wait,
      answers: pace === "echo",
    } satisfies WakeConsumerOptions);
    return withChildren([consumer], async () => {
      await consumer.receive("ready");
      producer.go();
      await producer.receive("done");
      const { latenciesNs } = await consumer.receive<Wakes>("woken");
      if (latenciesNs.length !== count)
        throw new DaqError("ring", `${count} records were written, ${latenciesNs.length} arrived.`);
      const counted = latenciesNs.subarray(firstWakes).map((nanoseconds) => nanoseconds / 1000);
      return {
        p50_us: percentile(counted, 50),
        p99_us: percentile(counted, 99),
        max_us: percentile(counted, 100),
        wakes: counted.length,
      };
    });
  });
}

export const ringWake: Benchmark = {
  name: "ring-wake",
  question: "How soon does a sleeping reader have a record that another process wrote?",
  cases: [blockingCase, busyCase, idleCase, asyncCase],

  async run(context) {
    // Each run has its own warm-up inside: the processes are new every time.
    const warmUp = async () => {};
    await context.measure(blockingCase, () => wake(context, "blocking", "echo"), {
      warmUp,
      goals: [
        { quantity: "p50_us", atMost: 20 },
        { quantity: "p99_us", atMost: 200 },
      ],
    });
    await context.measure(busyCase, () => wake(context, "blocking", "busy"), { warmUp });
    await context.measure(idleCase, () => wake(context, "blocking", "idle"), { warmUp });
    await context.measure(asyncCase, () => wake(context, "async", "echo"), { warmUp });
  },
};
