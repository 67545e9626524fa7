import type { Config, DeviceConfig } from "../config/config.ts";
import { type Capability, capabilitiesOf } from "../devices/capabilities.ts";
import { loadDriver } from "../devices/registry.ts";
import { configuredDevices } from "../experiment/configured-devices.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

export type ConfiguredSource = {
  readonly device: DeviceConfig;
  /** What it records on its own; empty for a device that waits for a plan. */
  readonly streams: readonly StreamSchema[];
  /** What a plan can do with it; empty for one that only records. */
  readonly capabilities: readonly Capability[];
  /** Looks for what the device needs on this machine. */
  readonly checkHere?: () => Promise<void>;
};

/** The configured devices with what they would produce and can do; nothing is started. Throws `DaqError("config")`. */
export async function configuredSources({ devices }: Pick<Config, "devices">): Promise<ConfiguredSource[]> {
  const inPlan = await configuredDevices(devices);
  return Promise.all(
    devices.map(async (device) => {
      const { id, driver, settings } = device;
      const planned = inPlan.get(id);
      const capabilities = planned === undefined ? [] : capabilitiesOf(planned);
      const source = (await loadDriver(driver)).create?.(id, settings);
      if (source === undefined) return { device, streams: [], capabilities };
      const checkHere = source.checkHere?.bind(source);
      const check = checkHere === undefined ? {} : { checkHere };
      return { device, streams: source.streams, capabilities, ...check };
    }),
  );
}
