import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connectable, Device } from "../../src/devices/capabilities.ts";
import { scpiDriver } from "../../src/devices/scpi/driver.ts";
import { systemClock } from "../../src/devices/system-clock.ts";
import type { SettingValues } from "../../src/model/setting.ts";
import { withDefaults } from "../../src/testing/with-defaults.ts";

const surroundings = { clock: systemClock, shared: <Part>(_name: string, make: () => Part) => make() };

export function unconnected(settings: SettingValues, id = "device0"): Device & Connectable {
  return scpiDriver.createDevice(id, withDefaults(scpiDriver, settings), surroundings) as Device &
    Connectable;
}

/** A device of the driver `scpi`, connected, and disconnected after the test. */
export async function connected(
  context: { after(leave: () => Promise<void>): void },
  settings: SettingValues,
): Promise<Device & Connectable> {
  const device = unconnected(settings);
  context.after(() => device.disconnect());
  await device.connect(new AbortController().signal);
  return device;
}

/** Writes a description of a test's own, and returns its path. */
export function descriptionFile(folder: string, text: string): string {
  const path = join(folder, "instrument.toml");
  writeFileSync(path, text);
  return path;
}
