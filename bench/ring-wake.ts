import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DaqError } from "../src/model/errors.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { Child, withChildren } from "./harness/child.ts";
import { percentile } from "./harness/statistics.ts";
import type { PipeOptions } from "./processes/pipe-consumer.ts";
import type { WakeConsumerOptions, Wakes } from "./processes/wake-consumer.ts";
import type { WakePace, WakeProducerOptions } from "./processes/wake-producer.ts";

const blockingCase = "ring/wake/blocking";
const busyCase = "ring/wake/blocking-busy";
const idleCase = "ring/wake/blocking-idle";
const pipeCase = "ring/wake/pipe-idle";
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
      return figuresOf(latenciesNs);
    });
  });
}

function figuresOf(latenciesNs: Float64Array): Figures {
  const counted = latenciesNs.subarray(firstWakes).map((nanoseconds) => nanoseconds / 1000);
  return {
    p50_us: percentile(counted, 50),
    p99_us: percentile(counted, 99),
    max_us: percentile(counted, 100),
    wakes: counted.length,
  };
}

/** The same with a pipe of the operating system: what this machine does to anybody who sleeps. */
async function pipeWake(context: BenchmarkContext): Promise<Figures> {
  const pipePath = join(context.target, "pipe");
  execFileSync("mkfifo", [pipePath]);
  const options: PipeOptions = { pipePath, wakes: (context.quick ? quickWakes : wakes) + firstWakes };
  const producer = new Child("pipe-producer", options);
  const consumer = new Child("pipe-consumer", options);
  return withChildren([producer, consumer], async () => {
    await producer.receive("ready");
    await consumer.receive("ready");
    producer.go();
    await producer.receive("done");
    const { latenciesNs } = await consumer.receive<Wakes>("woken");
    return figuresOf(latenciesNs);
  });
}

export const ringWake: Benchmark = {
  name: "ring-wake",
  question: "How soon does a sleeping reader have a record that another process wrote?",
  cases: [blockingCase, busyCase, idleCase, pipeCase, asyncCase],

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
    await context.measure(pipeCase, () => pipeWake(context), { warmUp });
    await context.measure(asyncCase, () => wake(context, "async", "echo"), { warmUp });
  },
};
