import { dirname, resolve } from "node:path";
import { DaqError } from "../model/errors.ts";
import type { Setting, SettingValues } from "../model/setting.ts";
import { type CheckedTable, checkTable } from "../toml/check-table.ts";
import type { ConfigTable, Entry } from "../toml/config-value.ts";
import { describeValue } from "../toml/config-value.ts";
import { suggestion } from "../toml/nearest-name.ts";
import { type Origin, placeText } from "../toml/origin.ts";
import type { Problems } from "../toml/problems.ts";
import { quoted } from "../toml/shortened.ts";
import type { CatalogDriver, DriverCatalog, FormatCatalog } from "./catalog.ts";
import type { DeviceConfig } from "./config.ts";
import { deviceSettings } from "./device-settings.ts";
import { type Override, overlaid } from "./overrides.ts";
import { namedFormats } from "./resolve-formats.ts";

export type ResolvedDevices = {
  readonly devices: readonly DeviceConfig[];
  readonly origins: ReadonlyMap<string, Origin>;
  readonly docs: ReadonlyMap<string, string>;
};

export type DevicesInput = {
  /** The value of `devices`, as it was written. */
  readonly entry: Entry | undefined;
  readonly overrides: readonly Override[];
  /** For devices without a format of their own; undefined when those are wrong. */
  readonly storageFormats: DeviceConfig["formats"] | undefined;
  readonly storageFormatsOrigin: Origin;
  readonly formats: FormatCatalog;
  readonly drivers: DriverCatalog;
};

/** Checks every entry of `[[devices]]`, the drivers' own keys included. */
export async function resolveDevices(input: DevicesInput, problems: Problems): Promise<ResolvedDevices> {
  const devices: DeviceConfig[] = [];
  const origins = new Map<string, Origin>();
  const docs = new Map<string, string>();
  const placeOfId = new Map<string, Origin>();
  const written = deviceTables(input.entry, problems);
  for (const [index, { table, origin }] of written.entries()) {
    const id = idOf(table);
    const title = `[[devices]] ${id === undefined ? `number ${index + 1}` : quoted(id)}`;
    const overrides = input.overrides.filter(({ device }) => device === id);
    const first = id === undefined ? undefined : placeOfId.get(id);
    if (first !== undefined)
      problems.add(
        origin,
        title,
        `this id is used twice, first in ${placeText(first)}; give each device an id of its own`,
      );
    else if (id !== undefined) placeOfId.set(id, origin);
    const device = await resolveDevice({ table, origin, title, overrides }, input, problems);
    if (device === undefined) continue;
    const { config } = device;
    devices.push(config);
    for (const [key, place] of device.origins) origins.set(`devices.${config.id}.${key}`, place);
    for (const { key, doc } of device.settings) docs.set(`devices.${config.id}.${key}`, doc);
  }
  const ids = written.flatMap(({ table }) => idOf(table) ?? []);
  for (const { device = "", origin } of input.overrides)
    if (!ids.includes(device))
      problems.add(
        origin,
        undefined,
        `there is no device ${quoted(device)}; ${suggestion(device, ids, quoted)}`,
      );
  return { devices, origins, docs };
}

type WrittenTable = { readonly table: ConfigTable; readonly origin: Origin };

function deviceTables(entry: Entry | undefined, problems: Problems): readonly WrittenTable[] {
  if (entry === undefined) return [];
  const { value, origin } = entry;
  if (value.kind !== "array") {
    const advice = "write [[devices]] with two brackets, once for each device";
    problems.add(origin, "devices", `expected a list of tables, found ${describeValue(value)}; ${advice}`);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.value.kind === "table") return [{ table: item.value.entries, origin: item.origin }];
    problems.add(
      item.origin,
      "devices",
      `expected a list of tables, found ${describeValue(item.value)} in it`,
    );
    return [];
  });
}

function idOf(table: ConfigTable): string | undefined {
  const value = table.get("id")?.value;
  return value?.kind === "string" ? value.text : undefined;
}

type DeviceInput = WrittenTable & { readonly title: string; readonly overrides: readonly Override[] };

type ResolvedDevice = {
  readonly config: DeviceConfig;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly settings: readonly Setting[];
};

async function resolveDevice(
  { table, origin, title, overrides }: DeviceInput,
  input: DevicesInput,
  problems: Problems,
): Promise<ResolvedDevice | undefined> {
  const ownKeys: readonly string[] = deviceSettings.map(({ key }) => key);
  const own = only(table, (key) => ownKeys.includes(key));
  const ownOverrides = overrides.filter(({ key }) => ownKeys.includes(key));
  const common = checkTable(
    { settings: deviceSettings, table: overlaid(own, ownOverrides, deviceSettings), title, origin },
    problems,
  );
  const driver = await driverOf(
    common.values.driver,
    common.origins.get("driver"),
    title,
    input.drivers,
    problems,
  );
  let specific: CheckedTable | undefined;
  if (driver !== undefined) {
    const rest = only(table, (key) => !ownKeys.includes(key));
    const restOverrides = overrides.filter(({ key }) => !ownKeys.includes(key));
    const before = problems.count;
    specific = checkTable<readonly Setting[]>(
      { settings: driver.settings, table: overlaid(rest, restOverrides, driver.settings), title, origin },
      problems,
    );
    if (problems.count === before && common.values.id !== undefined)
      for (const { key, problem } of combinationProblems(
        driver,
        common.values.id,
        besideFile(specific, driver.settings),
      ))
        problems.add(specific.origins.get(key ?? "") ?? origin, title, problem);
  }
  const formatOrigin = common.origins.get("format");
  const complain = (problem: string): void => problems.add(formatOrigin, `${title} format`, problem);
  const formats =
    common.values.format === undefined
      ? input.storageFormats
      : namedFormats(common.values.format, input.formats, complain);
  // The values of keys that are wrong or missing are undefined here, whatever their type says.
  const { id, driver: driverName }: { id?: string; driver?: string } = common.values;
  if (id === undefined || driverName === undefined || specific === undefined || driver === undefined)
    return undefined;
  const origins = new Map([...common.origins, ...specific.origins]);
  if (formatOrigin === undefined) origins.set("format", input.storageFormatsOrigin);
  return {
    config: {
      id,
      driver: driverName,
      formats: formats ?? [],
      settings: besideFile(specific, driver.settings),
      ...(origin.kind === "file" ? { place: placeText(origin) } : {}),
    },
    origins,
    settings: [...deviceSettings, ...driver.settings],
  };
}

/** What the driver says of keys that are right each on its own; `key`: the first that it names. */
function combinationProblems(
  { create }: CatalogDriver,
  id: string,
  values: SettingValues,
): readonly { readonly key: string | undefined; readonly problem: string }[] {
  try {
    create?.(id, values);
    return [];
  } catch (error) {
    if (!(error instanceof DaqError) || error.code !== "config") throw error;
    const lines = error.message.split("\n").map((line) => line.replace(`Device "${id}": `, ""));
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    return lines.map((line) => ({
      key: [...line.matchAll(/"(\w+)"|\b(\w+) = /g)]
        .map(([, quotedKey, setKey]) => quotedKey ?? setKey)
        .find((key) => key !== undefined && values[key] !== undefined),
      problem: `${line}${hint}`,
    }));
  }
}

/** Paths that stand in a file are meant from its folder. */
function besideFile({ values, origins }: CheckedTable, settings: readonly Setting[]): SettingValues {
  const resolved = { ...values };
  for (const { key, fileEnding } of settings) {
    const value = values[key];
    const origin = origins.get(key);
    if (
      fileEnding !== undefined &&
      origin?.kind === "file" &&
      typeof value === "string" &&
      value.endsWith(fileEnding)
    )
      resolved[key] = resolve(dirname(origin.path), value);
  }
  return resolved;
}

async function driverOf(
  name: string | undefined,
  origin: Origin | undefined,
  title: string,
  drivers: DriverCatalog,
  problems: Problems,
): Promise<CatalogDriver | undefined> {
  if (name === undefined) return undefined;
  if (drivers.names.includes(name)) return drivers.load(name);
  problems.add(
    origin,
    `${title} driver`,
    `there is no driver ${quoted(name)}; ${suggestion(name, drivers.names, quoted)}`,
  );
  return undefined;
}

function only(table: ConfigTable, wanted: (key: string) => boolean): ConfigTable {
  return new Map([...table].filter(([key]) => wanted(key)));
}
