import type { Driver } from "../contract.ts";
import { Beam } from "./beam.ts";
import { benchSettings, speedOf } from "./bench-settings.ts";
import { BenchShutter } from "./bench-shutter.ts";
import { paceSettings } from "./pace-settings.ts";

export const simShutter = {
  name: "sim.shutter",
  summary:
    "Simulated shutter: open from the start of a plan's run that uses it to its end, closed otherwise.",
  settings: [...benchSettings, ...paceSettings.filter(({ key }) => key !== "seed")],
  createDevice(id, settings, surroundings) {
    const shutter = new BenchShutter(id, surroundings.clock, { speed: speedOf(settings) });
    Beam.of(settings, surroundings).dim(() => (shutter.open ? 1 : 0));
    return shutter;
  },
} satisfies Driver;
