import type { Driver } from "../contract.ts";
import { Beam } from "./beam.ts";
import { benchSettings, repeatabilitySetting, speedOf } from "./bench-settings.ts";
import { BenchStage, usualRepeatability } from "./bench-stage.ts";
import { paceSettings } from "./pace-settings.ts";

export const simStage = {
  name: "sim.stage",
  summary:
    "Simulated linear stage, -25 to 25 mm, with a pinhole of 1 mm in the beam: most light passes at 0.",
  settings: [repeatabilitySetting("mm", usualRepeatability), ...benchSettings, ...paceSettings],
  createDevice(id, settings, surroundings) {
    const stage = new BenchStage(id, surroundings.clock, {
      seed: settings.seed as number,
      speed: speedOf(settings),
      repeatability: settings.repeatability as number,
    });
    Beam.of(settings, surroundings).dim(() => stage.transmission);
    return stage;
  },
} satisfies Driver;
