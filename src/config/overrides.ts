import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";
import { type ConfigTable, configValueOf, type Entry } from "../toml/config-value.ts";
import { credentialProblem } from "../toml/credential-problem.ts";
import { suggestion } from "../toml/nearest-name.ts";
import type { Origin } from "../toml/origin.ts";
import type { Problems } from "../toml/problems.ts";
import { experimentSettings } from "./experiment-settings.ts";
import { settingsOfFormat } from "./format-storage-settings.ts";
import { rawValueOf } from "./raw-value.ts";
import { ringBufferSettings } from "./ring-buffer-settings.ts";
import { storageSettings } from "./storage-settings.ts";

/** The tables that have one entry for each key; `[[devices]]` is a list. */
export const plainTables = {
  experiment: experimentSettings,
  storage: storageSettings,
  ring_buffer: ringBufferSettings,
} as const satisfies { readonly [table: string]: readonly Setting[] };

export type PlainTable = keyof typeof plainTables;

/** A value from outside of the file; a text still has to be read as what its setting is. */
export type Override = {
  /** "storage", or "devices" followed by the device's id in `device`. */
  readonly table: PlainTable | "devices";
  readonly device?: string;
  /** "csv" for a key of `[storage.csv]`. */
  readonly format?: string;
  readonly key: string;
  readonly value: MetadataValue;
  readonly origin: Origin;
};

const strictPrefixes = { DAQ_STORAGE_: "storage", DAQ_RING_BUFFER_: "ring_buffer" } as const;
const experimentPrefix = "DAQ_EXPERIMENT_";

/** The variables that set something. An unknown `DAQ_STORAGE_…` or `DAQ_RING_BUFFER_…` is a problem. */
export function environmentOverrides(
  environment: { readonly [variable: string]: string | undefined },
  formatNames: readonly string[],
  problems: Problems,
): Override[] {
  const ofFormats = formatNames.flatMap((format) =>
    settingsOfFormat(format).map(({ key }) => ({
      variable: `DAQ_STORAGE_${format}_${key}`.toUpperCase(),
      override: { table: "storage", format, key } as const,
    })),
  );
  const overrides: Override[] = [];
  for (const [variable, value] of Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined) continue;
    const origin: Origin = { kind: "environment", variable };
    for (const [prefix, table] of Object.entries(strictPrefixes)) {
      if (!variable.startsWith(prefix)) continue;
      const ofFormat = ofFormats.find((known) => known.variable === variable)?.override;
      const variables = plainTables[table].map(({ key }) => prefix + key.toUpperCase());
      const key = variable.slice(prefix.length).toLowerCase();
      if (ofFormat !== undefined) overrides.push({ ...ofFormat, value, origin });
      else if (variables.includes(variable)) overrides.push({ table, key, value, origin });
      else
        problems.add(
          origin,
          undefined,
          credentialProblem(key) ??
            `unknown variable; ${suggestion(variable, [...variables, ...(table === "storage" ? ofFormats.map((known) => known.variable) : [])], (name) => name)}`,
        );
    }
    if (variable.startsWith(experimentPrefix) && variable.length > experimentPrefix.length) {
      const key = variable.slice(experimentPrefix.length).toLowerCase();
      overrides.push({ table: "experiment", key, value, origin });
    }
  }
  return overrides;
}

/** Values by dotted key: "storage.format", "experiment.operator", "devices.camera0.width". Undefined: not given. */
export type Flags = { readonly [dottedKey: string]: MetadataValue | undefined };

/**
 * The flags that were given. `flagNames` says how a flag is spelled on the command line where that is not `--` and the
 * last part of its dotted key.
 */
export function flagOverrides(
  flags: Flags,
  flagNames: { readonly [dottedKey: string]: string },
  formatNames: readonly string[],
  problems: Problems,
): Override[] {
  const overrides: Override[] = [];
  for (const [dottedKey, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const [table = "", ...rest] = dottedKey.split(".");
    const key = rest.at(-1) ?? "";
    const flag = flagNames[dottedKey] ?? `--${key.replaceAll("_", "-")}`;
    const origin: Origin = { kind: "flag", flag };
    if (table === "devices" && rest.length >= 2)
      overrides.push({ table, device: rest.slice(0, -1).join("."), key, value, origin });
    else if (isPlainTable(table) && rest.length === 1) overrides.push({ table, key, value, origin });
    else if (table === "storage" && rest.length === 2 && formatNames.includes(rest[0]!))
      overrides.push({ table, format: rest[0]!, key, value, origin });
    else {
      const ofFormats = formatNames.map((name) => [`storage.${name}`, settingsOfFormat(name)] as const);
      const known = [...Object.entries(plainTables), ...ofFormats].flatMap(([name, settings]) =>
        settings.map((s) => `${name}.${s.key}`),
      );
      problems.add(origin, dottedKey, `unknown setting; ${suggestion(dottedKey, known, (name) => name)}`);
    }
  }
  return overrides;
}

export function isPlainTable(name: string): name is PlainTable {
  return Object.hasOwn(plainTables, name);
}

/** The table with the overrides in place of what the file says. */
export function overlaid(
  table: ConfigTable,
  overrides: readonly Override[],
  settings: readonly Setting[],
): ConfigTable {
  const result = new Map<string, Entry>(table);
  for (const { key, value, origin } of overrides) {
    const kind = settings.find((setting) => setting.key === key)?.kind ?? "any";
    const written =
      typeof value === "string" ? rawValueOf(value, kind, origin) : configValueOf(value, origin);
    result.set(key, { value: written, origin });
  }
  return result;
}
