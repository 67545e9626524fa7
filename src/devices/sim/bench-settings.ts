import type { Setting, SettingValues } from "../../model/setting.ts";
import { checkPositive } from "./pace-settings.ts";

/** The keys of simulated devices that a plan uses. */
export const benchSettings: readonly Setting[] = [
  {
    key: "beam",
    kind: "string",
    default: "main",
    doc: "In a plan: devices with the same name here stand in one beam of light.",
  },
  {
    key: "speed",
    kind: "number",
    default: 1,
    check: checkPositive,
    doc: "In a plan: how much faster than a real device it is; with `paced = false` it answers at once.",
  },
];

/** How exactly an axis comes to where it is sent. */
export function repeatabilitySetting(unit: string, usual: number): Setting {
  return {
    key: "repeatability",
    kind: "number",
    default: usual,
    min: 0,
    unit,
    doc: "Standard deviation of where it ends from where it was sent; 0: it is exactly there.",
  };
}

export function speedOf(settings: SettingValues): number {
  return settings.paced === false ? Number.POSITIVE_INFINITY : (settings.speed as number);
}
