import type { Driver } from "../contract.ts";
import { Beam } from "./beam.ts";
import { BenchLaser, usualRepeatability } from "./bench-laser.ts";
import { benchSettings, repeatabilitySetting, speedOf } from "./bench-settings.ts";
import { paceSettings } from "./pace-settings.ts";

export const simLaser = {
  name: "sim.laser",
  summary:
    "Simulated tunable laser, 690 to 1040 nm: a plan moves its wavelength. Its power is highest round 800 nm.",
  settings: [repeatabilitySetting("nm", usualRepeatability), ...benchSettings, ...paceSettings],
  createDevice(id, settings, surroundings) {
    const laser = new BenchLaser(id, surroundings.clock, {
      seed: settings.seed as number,
      speed: speedOf(settings),
      repeatability: settings.repeatability as number,
    });
    Beam.of(settings, surroundings).shine(id, () => laser);
    return laser;
  },
} satisfies Driver;
