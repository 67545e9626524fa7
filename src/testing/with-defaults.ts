import type { Driver } from "../devices/contract.ts";
import { DaqError } from "../model/errors.ts";
import type { SettingValues } from "../model/setting.ts";

/** Settings for a driver as a configuration would give them: unknown keys refused, checks run, defaults filled in. */
export function withDefaults(driver: Driver, values: SettingValues): SettingValues {
  const known = new Set(driver.settings.map((setting) => setting.key));
  for (const key of Object.keys(values))
    if (!known.has(key)) throw new DaqError("config", `${driver.name} has no setting "${key}".`);
  const filled: { [key: string]: SettingValues[string] } = {};
  for (const setting of driver.settings) {
    const value = values[setting.key] ?? setting.default;
    if (value === undefined) {
      if (setting.required) throw new DaqError("config", `${driver.name} needs "${setting.key}".`);
      continue;
    }
    const problem = setting.check?.(value);
    if (problem !== undefined) throw new DaqError("config", `${driver.name}.${setting.key}: ${problem}`);
    filled[setting.key] = value;
  }
  return filled;
}
