import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FormatName } from "../src/formats/contract.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { recordThroughRing } from "./harness/recording.ts";
import { percentile } from "./harness/statistics.ts";
import { frameRecords } from "./input/ring-records.ts";

const formats: readonly FormatName[] = ["zarr", "hdf5", "arrow"];
const rateHz = 100;
const seconds = 3;
const quickSeconds = 0.3;
/** Half a second of frames: what a checkpoint may take while they go on coming. */
const ringBytes = 512 * 2 ** 20;

function caseName(format: FormatName): string {
  return `${format}/frames16/append`;
}

/**
 * What the target takes of the same bytes with nothing else at work, in MB/s. A machine that has to find the memory of a
 * memory file system first may take less than the camera gives: then the times below are the machine's. Done before each
 * run, it also brings that memory in.
 */
async function plainRate(context: BenchmarkContext, frame: Uint8Array, count: number): Promise<number> {
  const path = join(context.target, "plain.raw");
  const start = performance.now();
  const file = await open(path, "wx");
  try {
    for (let number = 0; number < count; number++)
      await file.write(frame, 0, frame.byteLength, number * frame.byteLength);
  } finally {
    await file.close();
    await rm(path);
  }
  return (count * frame.byteLength) / 1000 / (performance.now() - start);
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
  const plain_mb_per_s = await plainRate(context, frames.frames[0]!, count);
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
    plain_mb_per_s,
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
        ...(context.quick ? { runs: 1 } : {}),
        goals: [{ quantity: "p99_ms", atMost: 5 }],
      });
  },
};
