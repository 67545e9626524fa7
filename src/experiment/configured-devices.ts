import type { DeviceConfig } from "../config/config.ts";
import { configuredAt } from "../config/configured-at.ts";
import type { Clock } from "../devices/contract.ts";
import { DeviceSet } from "../devices/device-set.ts";
import { loadDriver } from "../devices/registry.ts";
import { systemClock } from "../devices/system-clock.ts";

/** The devices of a configuration that a plan can use; nothing is touched. Throws `DaqError("config")`. */
export async function configuredDevices(
  devices: readonly DeviceConfig[],
  clock: Clock = systemClock,
): Promise<DeviceSet> {
  const parts = new Map<string, unknown>();
  const surroundings = {
    clock,
    shared<Part>(name: string, make: () => Part): Part {
      if (!parts.has(name)) parts.set(name, make());
      return parts.get(name) as Part;
    },
  };
  const made = new DeviceSet();
  for (const config of devices) {
    const { id, driver, settings } = config;
    const { createDevice } = await loadDriver(driver);
    try {
      const device = createDevice?.(id, settings, surroundings);
      if (device !== undefined) made.set(id, device);
    } catch (error) {
      throw configuredAt(error, config);
    }
  }
  return made;
}
