import { tomlText } from "../config/describe-config.ts";
import type { Setting } from "../model/setting.ts";
import { expectation } from "../toml/check-setting.ts";
import { formatTable } from "./format-table.ts";

/** Setting definitions as a table, as wide as the screen where there is one. */
export function settingsTable(settings: readonly Setting[], width?: number): string[] {
  if (settings.length === 0) return ["no keys of its own"];
  const rows = settings.map((setting) => [
    setting.key,
    expectation(setting),
    defaultText(setting),
    setting.unit ?? "",
    setting.doc,
  ]);
  return formatTable(rows, ["key", "value", "default", "unit", "meaning"], width);
}

function defaultText(setting: Setting): string {
  if (setting.required === true) return "required";
  return setting.default === undefined ? "" : tomlText(setting.default);
}
