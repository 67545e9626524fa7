import type { ConfigTable } from "./config-value.ts";
import { tableOf } from "./config-value.ts";
import { defaultOrigin } from "./origin.ts";

/** What runs without a configuration file: a camera and a power meter, both simulated. */
export const simulatedDefault: ConfigTable = tableOf(
  {
    storage: { format: "arrow" },
    devices: [
      { id: "camera0", driver: "sim.camera", width: 640, height: 480, rate_hz: 30 },
      { id: "power0", driver: "sim.power_meter", rate_hz: 100, format: ["arrow", "csv"] },
    ],
  },
  defaultOrigin,
);
