import type { Config, DeviceConfig } from "../config/config.ts";
import { loadDriver } from "../devices/registry.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

export type ConfiguredSource = { readonly device: DeviceConfig; readonly streams: readonly StreamSchema[] };

/** The configured devices with the streams they would produce; nothing is started. Throws `DaqError("config")`. */
export function configuredSources({ devices }: Config): Promise<ConfiguredSource[]> {
  return Promise.all(
    devices.map(async (device) => {
      const { id, driver, settings } = device;
      return { device, streams: (await loadDriver(driver)).create(id, settings).streams };
    }),
  );
}
