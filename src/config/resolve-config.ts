import type { Metadata, MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";
import { type CheckedTable, checkTable } from "../toml/check-table.ts";
import { type ConfigTable, describeValue } from "../toml/config-value.ts";
import { isWholeFloat, metadataKeyProblem, metadataValueOf } from "../toml/metadata-value.ts";
import { nearestName } from "../toml/nearest-name.ts";
import type { Origin } from "../toml/origin.ts";
import { Problems } from "../toml/problems.ts";
import { quoted } from "../toml/shortened.ts";
import type { DriverCatalog, FormatCatalog } from "./catalog.ts";
import type { LoadedConfig } from "./config.ts";
import { experimentSettings } from "./experiment-settings.ts";
import { settingsOfFormat } from "./format-storage-settings.ts";
import {
  environmentOverrides,
  type Flags,
  flagOverrides,
  isPlainTable,
  type Override,
  overlaid,
  type PlainTable,
  plainTables,
} from "./overrides.ts";
import { resolveDevices } from "./resolve-devices.ts";
import { formatStorage, splitStorage, withoutOverridden } from "./resolve-format-storage.ts";
import { ringBufferConfigOf } from "./resolve-ring-buffer.ts";
import { checkFormatsInUse, storageConfigOf, storageFormats } from "./resolve-storage.ts";
import { ringBufferSettings } from "./ring-buffer-settings.ts";
import { storageSettings } from "./storage-settings.ts";

export type ConfigLayers = {
  /** The parsed file, or the built-in configuration. */
  readonly document: ConfigTable;
  /** As it is shown; undefined for the built-in configuration. */
  readonly path: string | undefined;
  readonly environment: { readonly [variable: string]: string | undefined };
  readonly flags: Flags;
  readonly flagNames: { readonly [dottedKey: string]: string };
  readonly formats: FormatCatalog;
  readonly drivers: DriverCatalog;
};

/** Joins file, environment and flags, and checks the whole. Throws one `DaqError("config")` with all problems. */
export async function resolveConfig(layers: ConfigLayers): Promise<LoadedConfig> {
  const { document, path, formats, drivers } = layers;
  const problems = new Problems();
  reportUnknownTables(document, problems);
  const overrides = [
    ...environmentOverrides(layers.environment, formats.names, problems),
    ...flagOverrides(layers.flags, layers.flagNames, formats.names, problems),
  ];
  const experimentTable = layered("experiment", document, overrides, problems);
  const experiment = experimentOf(experimentTable, problems);
  const storageTable = layered("storage", document, overrides, problems);
  const split = splitStorage(storageTable.table, formats.names, problems);
  const storage = checkTable({ settings: storageSettings, ...storageTable, table: split.own }, problems);
  const given = overrides.filter(({ table }) => table === "storage");
  const ofFormat = withoutOverridden(formatStorage(split.ofFormat, given, formats.names, problems), storage);
  const ringBuffer = checkTable(
    { settings: ringBufferSettings, ...layered("ring_buffer", document, overrides, problems) },
    problems,
  );
  const ringBufferConfig = ringBufferConfigOf(ringBuffer, problems);
  const chosen = await storageFormats(storage, formats, problems);
  const devices = await resolveDevices(
    {
      entry: document.get("devices"),
      overrides: overrides.filter(({ table }) => table === "devices"),
      storageFormats: chosen.formats,
      storageFormatsOrigin: chosen.origin,
      formats,
      drivers,
    },
    problems,
  );
  await checkFormatsInUse({ storage, ofFormat }, chosen, devices.devices, formats, problems);
  problems.throwIfAny();
  return {
    config: {
      experiment: experiment.metadata,
      ...(experiment.floats.length === 0 ? {} : { floats: experiment.floats }),
      storage: storageConfigOf({ storage, ofFormat }, chosen.formats ?? []),
      ringBuffer: ringBufferConfig,
      devices: devices.devices,
    },
    origins: Object.fromEntries([
      ...dotted("experiment", experiment.origins),
      ...dotted("storage", new Map([["format", chosen.origin], ...storage.origins])),
      ...[...ofFormat].flatMap(([name, { origins }]) => dotted(`storage.${name}`, origins)),
      ...dotted("ring_buffer", ringBuffer.origins),
      ...devices.origins,
    ]),
    docs: Object.fromEntries([...plainDocs(), ...formatDocs(formats.names), ...devices.docs]),
    path,
  };
}

function dotted(table: string, origins: ReadonlyMap<string, Origin>): [string, Origin][] {
  return [...origins].map(([key, origin]) => [`${table}.${key}`, origin]);
}

function plainDocs(): [string, string][] {
  return Object.entries(plainTables).flatMap(([table, settings]: [string, readonly Setting[]]) =>
    settings.map(({ key, doc }): [string, string] => [`${table}.${key}`, doc]),
  );
}

function formatDocs(formatNames: readonly string[]): [string, string][] {
  return formatNames.flatMap((name) =>
    settingsOfFormat(name).map(({ key, doc }): [string, string] => [`storage.${name}.${key}`, doc]),
  );
}

type LayeredTable = {
  readonly table: ConfigTable;
  readonly title: string;
  readonly origin: Origin | undefined;
};

/** One table of the file with what the environment and the flags put in place of it. */
function layered(
  name: PlainTable,
  document: ConfigTable,
  overrides: readonly Override[],
  problems: Problems,
): LayeredTable {
  const entry = document.get(name);
  const title = `[${name}]`;
  let table: ConfigTable = new Map();
  if (entry?.value.kind === "table") table = entry.value.entries;
  else if (entry !== undefined)
    problems.add(
      entry.origin,
      title,
      `expected a table, found ${describeValue(entry.value)}; write [${name}] once`,
    );
  const own = overrides.filter(({ table: of, format }) => of === name && format === undefined);
  return { table: overlaid(table, own, plainTables[name]), title, origin: entry?.origin };
}

function reportUnknownTables(document: ConfigTable, problems: Problems): void {
  const tables = [...Object.keys(plainTables), "devices"];
  for (const [key, entry] of document) {
    if (isPlainTable(key) || key === "devices") continue;
    const isTable = entry.value.kind === "table" || entry.value.kind === "array";
    const home = homesOf(key);
    const nearest = nearestName(key, tables);
    if (!isTable && home.length > 0)
      problems.add(
        entry.origin,
        key,
        `this key stands outside of a table; write it below ${home.join(" or ")}`,
      );
    else {
      const meant = nearest === undefined ? "" : `did you mean ${header(nearest)}? `;
      const message = `unknown ${isTable ? "table" : "key"}; ${meant}the tables are ${tables.map(header).join(", ")}`;
      problems.add(entry.origin, isTable ? header(key) : quoted(key), message);
    }
  }
}

function header(table: string): string {
  if (table === "devices") return "[[devices]]";
  return `[${/^[\w-]{1,60}$/.test(table) ? table : quoted(table)}]`;
}

function homesOf(key: string): string[] {
  return Object.entries(plainTables)
    .filter(([, settings]: [string, readonly Setting[]]) => settings.some((setting) => setting.key === key))
    .map(([table]) => header(table));
}

type ResolvedExperiment = {
  readonly metadata: Metadata & { readonly name: string };
  /** Keys that are floats though whole. */
  readonly floats: readonly string[];
  readonly origins: ReadonlyMap<string, Origin>;
};

/** The known keys checked, every other one as it is. */
function experimentOf({ table, title, origin }: LayeredTable, problems: Problems): ResolvedExperiment {
  const known: readonly string[] = experimentSettings.map(({ key }) => key);
  const own = new Map([...table].filter(([key]) => known.includes(key)));
  const { values, origins }: CheckedTable<{ readonly name: string }> = checkTable(
    { settings: experimentSettings, table: own, title, origin },
    problems,
  );
  const metadata: [string, MetadataValue][] = Object.entries(values);
  const places = new Map(origins);
  const floats: string[] = [];
  for (const [key, entry] of table) {
    if (known.includes(key)) continue;
    const keyProblem = metadataKeyProblem(key);
    if (keyProblem !== undefined) problems.add(entry.origin, title, keyProblem);
    const complain = (at: Origin, problem: string): void =>
      problems.add(at, `${title} ${quotedKey(key)}`, problem);
    const value = metadataValueOf(entry, complain);
    if (value !== undefined) metadata.push([key, value]);
    if (isWholeFloat(entry.value)) floats.push(key);
    places.set(key, entry.origin);
  }
  return {
    metadata: Object.fromEntries(metadata) as ResolvedExperiment["metadata"],
    floats,
    origins: places,
  };
}

function quotedKey(key: string): string {
  return /^[\w-]{1,60}$/.test(key) ? key : quoted(key);
}
