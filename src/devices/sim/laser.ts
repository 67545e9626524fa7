import type { Driver } from "../contract.ts";
import { Beam } from "./beam.ts";
import { BenchLaser } from "./bench-laser.ts";
import { benchSettings, speedOf } from "./bench-settings.ts";
import { paceSettings } from "./pace-settings.ts";

export const simLaser = {
  name: "sim.laser",
  summary:
    "Simulated tunable laser, 690 to 1040 nm: a plan moves its wavelength. Its power is highest round 800 nm.",
  settings: [...benchSettings, ...paceSettings],
  createDevice(id, settings, surroundings) {
    const laser = new BenchLaser(id, surroundings.clock, {
      seed: settings.seed as number,
      speed: speedOf(settings),
    });
    Beam.of(settings, surroundings).shine(id, () => laser);
    return laser;
  },
} satisfies Driver;
