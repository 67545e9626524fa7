import { join } from "node:path";
import { loadConfig } from "../src/config/load-config.ts";
import type { Movable, Readable } from "../src/devices/capabilities.ts";
import type { Plan } from "../src/engine/plan.ts";
import { count } from "../src/engine/plans/count.ts";
import { gridScan } from "../src/engine/plans/grid-scan.ts";
import { openExperiment } from "../src/experiment/open-experiment.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";

const mebibyte = 2 ** 20;
let moments = 1_700_000_000_000_000_000n;

/** Answers at once: what is measured is everything else. */
const meter: Readable = {
  id: "meter",
  describe: async () => ({ meter: { dtype: "float64", unit: "mW", source: "bench" } }),
  read: async () => ({ meter: { value: 4.71, timestampNs: ++moments } }),
};

function axis(id: string): Movable {
  let place = 0;
  return {
    id,
    axis: { unit: "mm" },
    describe: async () => ({ [id]: { dtype: "float64", unit: "mm", source: "bench" } }),
    read: async () => ({ [id]: { value: place, timestampNs: ++moments } }),
    position: async () => place,
    moveTo: async (target) => {
      place = target;
    },
    stop: async () => {},
  };
}

async function recorded(
  context: BenchmarkContext,
  format: string,
  plan: Plan<unknown>,
): Promise<{ readonly events: number; readonly seconds: number; readonly peakMb: number }> {
  const text = [
    '[experiment]\nname = "bench"',
    `[storage]\nformat = "${format}"\noutput_path = ${JSON.stringify(join(context.target, "run.{ext}"))}`,
    "[ring_buffer]\nsize_mb = 64",
  ].join("\n");
  const { config } = await loadConfig({ text, env: {}, flags: {} });
  await using experiment = await openExperiment(config);
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 20);
  const started = performance.now();
  await experiment.engine.run(plan);
  const [report] = await experiment.settled();
  clearInterval(timer);
  const account = report!.index.outputs[0]!.ledger.accounts[0]!;
  if (account.lost > 0) throw new Error(`${account.lost} events were lost.`);
  return {
    events: account.stored,
    seconds: (performance.now() - started) / 1000,
    peakMb: peakBytes / mebibyte,
  };
}

export const planRecording: Benchmark = {
  name: "plan-recording",
  question:
    "How many events of a plan go through engine, ring and recorder into a file, start and close included?",
  cases: ["plan/events-arrow", "plan/grid-4d-hdf5"],

  async run(context) {
    const events = context.quick ? 2_000 : 500_000;
    await context.measure(
      "plan/events-arrow",
      async (): Promise<Figures> => {
        const { events: stored, seconds } = await recorded(context, "arrow", count([meter], { num: events }));
        return { events_per_s: stored / seconds };
      },
      { goals: [{ quantity: "events_per_s", atLeast: 100_000 }], runs: 3 },
    );
    const [slow, num] = context.quick ? [2, 3] : [13, 10];
    const grid = () =>
      gridScan(
        [meter],
        { axis: axis("w"), start: 0, stop: 1, num: slow },
        { axis: axis("x"), start: 0, stop: 1, num },
        { axis: axis("y"), start: 0, stop: 1, num, snake: true },
        { axis: axis("z"), start: 0, stop: 1, num: context.quick ? 3 : 19, snake: true },
      );
    await context.measure(
      "plan/grid-4d-hdf5",
      async (): Promise<Figures> => {
        const { events: stored, seconds, peakMb } = await recorded(context, "hdf5", grid());
        return { us_per_point: (seconds * 1e6) / stored, peak_rss_mb: peakMb };
      },
      { goals: [{ quantity: "us_per_point", atMost: 100 }], runs: 3 },
    );
  },
};
