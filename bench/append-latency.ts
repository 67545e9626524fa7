import { setTimeout as sleep } from "node:timers/promises";
import type { FormatName } from "../src/formats/contract.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { recordThroughRing } from "./harness/recording.ts";
import { percentile } from "./harness/statistics.ts";
import { frameRecords } from "./input/ring-records.ts";

const formats: readonly FormatName[] = ["zarr", "hdf5", "arrow"];
const rateHz = 100;
const seconds = 8;
const quickSeconds = 0.3;
/** Half a second of frames: what a checkpoint may take while they go on coming. */
const ringBytes = 512 * 2 ** 20;

function caseName(format: FormatName): string {
  return `${format}/frames16/append`;
}

/** Hands over a frame every hundredth of a second, however long the one before took, and times each hand-over. */
async function record(
  context: BenchmarkContext,
  format: FormatName,
  frames: Awaited<ReturnType<BenchmarkContext["input"]["frames16"]>>,
): Promise<Figures> {
  const records = frameRecords(frames);
  const count = Math.round(rateHz * (context.quick ? quickSeconds : seconds));
  const appendMs: number[] = [];
  const { figures, recorder, stored } = await recordThroughRing({
    context,
    schema: frames.schema,
    inputBytes: count * frames.frameBytes,
    format,
    ringBytes,
    async produce(stream) {
      const start = performance.now();
      for (let number = 0; number < count; number++) {
        const due = start + (number * 1000) / rateHz;
        while (performance.now() < due) await sleep(Math.max(0, due - performance.now()));
        const before = performance.now();
        const pending = stream.write(records[number % records.length]!);
        if (pending !== undefined) await pending;
        appendMs.push(performance.now() - before);
      }
    },
  });
  const thirds = [0, 1, 2].map((third) => {
    const from = Math.floor((third * count) / 3);
    return percentile(appendMs.slice(from, Math.floor(((third + 1) * count) / 3)), 50);
  });
  return {
    p99_ms: percentile(appendMs, 99),
    p50_ms: percentile(appendMs, 50),
    max_ms: percentile(appendMs, 100),
    last_to_first_third: thirds[2]! / thirds[0]!,
    mb_per_s: figures.mb_per_s!,
    frames: stored,
    recorder_mib: recorder.peakBytes / 2 ** 20,
  };
}

export const appendLatency: Benchmark = {
  name: "append-latency",
  question: "How long does handing over a frame take, at 100 frames of 2048 × 2048 a second?",
  cases: formats.map(caseName),

  async run(context) {
    if (!formats.some((format) => context.wants(caseName(format)))) return;
    const frames = await context.input.frames16();
    for (const format of formats)
      await context.measure(caseName(format), () => record(context, format, frames), {
        runs: context.quick ? 1 : 3,
        warmUp: async () => {},
        goals: [{ quantity: "p99_ms", atMost: 5 }],
      });
  },
};
