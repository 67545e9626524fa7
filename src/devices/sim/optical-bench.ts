import type { Clock } from "../contract.ts";
import { systemClock } from "../system-clock.ts";
import { Beam } from "./beam.ts";
import { BenchLaser } from "./bench-laser.ts";
import { BenchMeter } from "./bench-meter.ts";
import { BenchShutter } from "./bench-shutter.ts";
import { BenchStage } from "./bench-stage.ts";

export type OpticalBench = {
  readonly laser: BenchLaser;
  readonly shutter: BenchShutter;
  readonly stage: BenchStage;
  readonly meter: BenchMeter;
};

export type OpticalBenchOptions = {
  /** Default: this machine's. */
  readonly clock?: Clock;
  /** The same seed gives the same values. */
  readonly seed?: number;
  /** How much faster than real devices; infinite: everything answers at once. Default: 1. */
  readonly speed?: number;
  /** Each N-th measurement of the meter gives no value. */
  readonly missEvery?: number;
  /** The devices' names. Default: `laser`, `shutter`, `stage`, `meter`. */
  readonly ids?: { readonly [Device in keyof OpticalBench]?: string };
};

/**
 * Laser, shutter, a pinhole on a stage, and a power meter, in one beam: what the meter sees depends on all of them. Until the
 * shutter is opened (a plan's `stage` does) the meter sees its own noise.
 */
export function createOpticalBench(options: OpticalBenchOptions = {}): OpticalBench {
  const { clock = systemClock, seed = 1, speed = 1, missEvery, ids = {} } = options;
  const laser = new BenchLaser(ids.laser ?? "laser", clock, { seed, speed });
  const shutter = new BenchShutter(ids.shutter ?? "shutter", clock, { speed });
  const stage = new BenchStage(ids.stage ?? "stage", clock, { seed: seed + 1, speed });
  const beam = new Beam();
  beam.shine(laser.id, () => laser);
  beam.dim(() => (shutter.open ? 1 : 0));
  beam.dim(() => stage.transmission);
  const light = () => beam.light(laser);
  const meter = new BenchMeter(ids.meter ?? "meter", clock, light, {
    seed: seed + 2,
    speed,
    ...(missEvery === undefined ? {} : { missEvery }),
  });
  return { laser, shutter, stage, meter };
}
