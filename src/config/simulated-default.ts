import type { ConfigTable } from "../toml/config-value.ts";
import { tableOf } from "../toml/config-value.ts";
import { defaultOrigin } from "../toml/origin.ts";

const camera = { id: "camera0", driver: "sim.camera", width: 640, height: 480, rate_hz: 30 };
const powerMeter = { id: "power0", driver: "sim.power_meter", rate_hz: 100 };

/** What runs without a configuration file: a camera and a power meter, both simulated. */
export const simulatedDefault: ConfigTable = tableOf(
  { storage: { format: "arrow" }, devices: [camera, { ...powerMeter, format: ["arrow", "csv"] }] },
  defaultOrigin,
);

/** The same where somebody says what to write: nothing else is. */
export const simulatedDevices: ConfigTable = tableOf({ devices: [camera, powerMeter] }, defaultOrigin);
