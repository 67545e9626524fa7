import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Movable, Readable } from "../src/devices/capabilities.ts";
import type { Plan } from "../src/engine/plan.ts";
import { gridScan } from "../src/engine/plans/grid-scan.ts";
import { inRun } from "../src/engine/plans/in-run.ts";
import { triggerAndRead } from "../src/engine/plans/point.ts";
import { scan } from "../src/engine/plans/scan.ts";
import { RunEngine } from "../src/engine/run-engine.ts";
import { DaqError } from "../src/model/errors.ts";
import type { Readings } from "../src/model/reading.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";

const pointCase = "engine/point";
const eventsCase = "engine/events";
const gridCase = "engine/grid-4d";

/** An axis that is there when it is told to go: what is left is the engine's own time. */
function axisAtOnce(id: string): Movable {
  let at = 0;
  return {
    id,
    axis: { unit: "mm", limits: [-1e6, 1e6] },
    describe: async () => ({ [id]: { dtype: "float64", unit: "mm", source: "benchmark" } }),
    read: async () => readingsOf(id, at),
    moveTo: async (target) => {
      at = target;
    },
    position: async () => at,
    stop: async () => {},
  };
}

function meterAtOnce(id: string): Readable {
  let reads = 0;
  return {
    id,
    describe: async () => ({ [id]: { dtype: "float64", unit: "mW", source: "benchmark" } }),
    read: async () => readingsOf(id, reads++),
  };
}

function readingsOf(id: string, value: number): Readings {
  return { [id]: { value, timestampNs: 1_700_000_000_000_000_000n } };
}

/** Microseconds of the plan, and the events that a subscriber saw. */
async function timed(plan: Plan<unknown>): Promise<{ microseconds: number; events: number }> {
  const engine = new RunEngine();
  let events = 0;
  engine.subscribe((name) => {
    if (name === "event") events++;
  });
  const startedMs = performance.now();
  await engine.run(plan);
  return { microseconds: (performance.now() - startedMs) * 1000, events };
}

function check(events: number, wanted: number): void {
  if (events !== wanted) throw new DaqError("io", `The subscriber saw ${events} events of ${wanted}.`);
}

/** A point of the usual kind: checkpoint, a move, its end, two devices read into an event. */
async function points(context: BenchmarkContext): Promise<Figures> {
  const num = context.quick ? 500 : 20_000;
  const { microseconds, events } = await timed(
    scan([meterAtOnce("meter")], { axis: axisAtOnce("x"), start: 0, stop: 100 }, num),
  );
  check(events, num);
  return { us_per_point: microseconds / num, points: num };
}

/** Events as fast as a plan can take them, of one device. */
async function eventsAlone(context: BenchmarkContext): Promise<Figures> {
  const num = context.quick ? 1_000 : 100_000;
  const meter = meterAtOnce("meter");
  const steps = function* (): Plan {
    for (let index = 0; index < num; index++) yield* triggerAndRead([meter]);
  };
  const { microseconds, events } = await timed(inRun({}, [], steps()));
  check(events, num);
  return { events_per_s: (events / microseconds) * 1e6, us_per_event: microseconds / events };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Heap that is in use, after what can go is gone. */
function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** 24,700 points of four axes. What the engine keeps for them is measured in the middle of the way. */
async function grid(context: BenchmarkContext): Promise<Figures> {
  const nums = context.quick ? [2, 2, 2, 3] : [13, 10, 10, 19];
  const wanted = nums.reduce((product, num) => product * num, 1);
  const engine = new RunEngine();
  let events = 0;
  let highest = 0;
  let collectingMs = 0;
  const before = heapMiB();
  engine.subscribe((name) => {
    if (name !== "event" || ++events % Math.ceil(wanted / 10) !== 0) return;
    const begunMs = performance.now();
    highest = Math.max(highest, heapMiB() - before);
    collectingMs += performance.now() - begunMs;
  });
  const [first, ...others] = nums.map((num, index) => ({
    axis: axisAtOnce(`axis${index}`),
    start: 0,
    stop: 1,
    num,
    snake: index > 0,
  }));
  const startedMs = performance.now();
  await engine.run(gridScan([meterAtOnce("meter")], first!, ...others));
  const milliseconds = performance.now() - startedMs - collectingMs;
  check(events, wanted);
  return { us_per_point: (milliseconds * 1000) / wanted, heap_growth_mib: highest, points: wanted };
}

export const engineOverhead: Benchmark = {
  name: "engine",
  question: "What does the engine add to a point of a scan whose devices answer at once?",
  cases: [pointCase, eventsCase, gridCase],
  async run(context) {
    await context.measure(pointCase, () => points(context), {
      goals: [{ quantity: "us_per_point", atMost: 100 }],
    });
    await context.measure(eventsCase, () => eventsAlone(context));
    await context.measure(gridCase, () => grid(context), {
      goals: [
        { quantity: "us_per_point", atMost: 100 },
        { quantity: "heap_growth_mib", atMost: 16 },
      ],
    });
  },
};
