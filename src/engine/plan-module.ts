import type { DeviceSet } from "../devices/device-set.ts";
import type { Plan } from "./plan.ts";

/** What a file with a plan exports: `daq run` calls its default with the devices of the configuration. */
export type PlanModule = {
  readonly default: (devices: DeviceSet) => Plan<unknown>;
};
