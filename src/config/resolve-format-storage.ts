import { type CheckedTable, checkTable } from "../toml/check-table.ts";
import { type ConfigTable, describeValue, type Entry } from "../toml/config-value.ts";
import { nearestName } from "../toml/nearest-name.ts";
import { type Origin, overrides } from "../toml/origin.ts";
import type { Problems } from "../toml/problems.ts";
import type { ValuesOf } from "../toml/setting-type.ts";
import { quoted } from "../toml/shortened.ts";
import type { FormatStorageConfig } from "./config.ts";
import {
  type formatStorageSettings,
  type parquetStorageSettings,
  settingsOfFormat,
  type zarrStorageSettings,
} from "./format-storage-settings.ts";
import { type Override, overlaid } from "./overrides.ts";

type FormatValues = ValuesOf<typeof formatStorageSettings> &
  Partial<ValuesOf<typeof zarrStorageSettings>> &
  Partial<ValuesOf<typeof parquetStorageSettings>>;

export type CheckedFormatStorage = CheckedTable<FormatValues>;

/** The tables below `[storage]` apart from its keys: by format, as they were written. */
export type SplitStorage = {
  readonly own: ConfigTable;
  readonly ofFormat: ReadonlyMap<string, Entry>;
};

/** `[storage.csv]` and the like; a table that is called like no format is a problem. */
export function splitStorage(
  table: ConfigTable,
  formatNames: readonly string[],
  problems: Problems,
): SplitStorage {
  const own = new Map<string, Entry>();
  const ofFormat = new Map<string, Entry>();
  for (const [key, entry] of table) {
    if (formatNames.includes(key)) ofFormat.set(key, entry);
    else if (entry.value.kind !== "table") own.set(key, entry);
    else {
      const nearest = nearestName(key, formatNames);
      const meant = nearest === undefined ? "" : `did you mean [storage.${nearest}]? `;
      const shown = /^[\w-]{1,60}$/.test(key) ? key : quoted(key);
      problems.add(
        entry.origin,
        `[storage.${shown}]`,
        `there is no format of this name; ${meant}available formats: ${formatNames.join(", ")}`,
      );
    }
  }
  return { own, ofFormat };
}

/** The checked table of each format that has one, the environment and the flags included. */
export function formatStorage(
  written: ReadonlyMap<string, Entry>,
  given: readonly Override[],
  formatNames: readonly string[],
  problems: Problems,
): ReadonlyMap<string, CheckedFormatStorage> {
  const checked = new Map<string, CheckedFormatStorage>();
  for (const name of formatNames) {
    const entry = written.get(name);
    const own = given.filter(({ format }) => format === name);
    if (entry === undefined && own.length === 0) continue;
    const title = `[storage.${name}]`;
    let table: ConfigTable = new Map();
    if (entry?.value.kind === "table") table = entry.value.entries;
    else if (entry !== undefined)
      problems.add(
        entry.origin,
        title,
        `expected a table with ${keysOf(name)}, found ${describeValue(entry.value)}`,
      );
    const settings = settingsOfFormat(name);
    const layers = overlaid(table, own, settings);
    const found = checkTable({ settings, table: layers, title, origin: entry?.origin }, problems);
    checked.set(name, found as CheckedFormatStorage);
    checkZarrVersion(found as CheckedFormatStorage, title, problems);
  }
  return checked;
}

/** "compression, compression_level or chunk_size" */
function keysOf(format: string): string {
  const keys = settingsOfFormat(format).map(({ key }) => key);
  return `${keys.slice(0, -1).join(", ")} or ${keys.at(-1)}`;
}

/** Shards, checksums and the metadata that a pyramid needs came with version 3. */
function checkZarrVersion(
  { values, origins }: CheckedFormatStorage,
  title: string,
  problems: Problems,
): void {
  if (values.zarr_format !== 2) return;
  const complain = (key: string): void =>
    problems.add(
      origins.get(key),
      `${title} ${key}`,
      "this needs zarr_format = 3; version 2 has nothing like it",
    );
  if ((values.shard_chunks ?? 1) > 1) complain("shard_chunks");
  if (values.checksum === true) complain("checksum");
  if (values.pyramid === true) complain("pyramid");
}

type SharedStorage = { readonly origins: ReadonlyMap<string, Origin> };

/**
 * The tables without what a later layer says for all formats: `--compression none` is also for the format whose table in
 * the file names another codec, and then the level beside that codec goes with it.
 */
export function withoutOverridden(
  checked: ReadonlyMap<string, CheckedFormatStorage>,
  shared: SharedStorage,
): ReadonlyMap<string, CheckedFormatStorage> {
  return new Map(
    [...checked].map(([name, table]) => {
      const isGone = (key: string, by: string): boolean => {
        const [place, sharedPlace] = [table.origins.get(key), shared.origins.get(by)];
        return place !== undefined && sharedPlace !== undefined && overrides(sharedPlace, place);
      };
      const gone = [
        ...(isGone("compression", "compression") ? ["compression"] : []),
        ...(isGone("compression_level", "compression_level") || isGone("compression_level", "compression")
          ? ["compression_level"]
          : []),
        ...(isGone("chunk_size", "chunk_size") ? ["chunk_size"] : []),
      ];
      const values = Object.entries(table.values).filter(([key]) => !gone.includes(key));
      const origins = [...table.origins].filter(([key]) => !gone.includes(key));
      const kept: CheckedFormatStorage = {
        values: Object.fromEntries(values) as CheckedFormatStorage["values"],
        origins: new Map(origins),
        invalid: table.invalid,
      };
      return [name, kept];
    }),
  );
}

/** The configuration's part of it; undefined when no format has anything of its own. */
export function formatStorageConfigs(
  checked: ReadonlyMap<string, CheckedFormatStorage>,
): { readonly [format: string]: FormatStorageConfig } | undefined {
  const configs = [...checked].flatMap(([name, { values }]): [string, FormatStorageConfig][] => {
    const { compression, compression_level: compressionLevel, chunk_size: chunkSize } = values;
    const { zarr_format: zarrFormat, shard_chunks: shardChunks, checksum, pyramid, encoding } = values;
    const config = {
      ...(compression === undefined ? {} : { compression }),
      ...(compressionLevel === undefined ? {} : { compressionLevel }),
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(zarrFormat === undefined ? {} : { zarrFormat }),
      ...(shardChunks === undefined ? {} : { shardChunks }),
      ...(checksum === undefined ? {} : { checksum }),
      ...(pyramid === undefined ? {} : { pyramid }),
      ...(encoding === undefined ? {} : { encoding }),
    };
    return Object.keys(config).length === 0 ? [] : [[name, config]];
  });
  return configs.length === 0 ? undefined : Object.fromEntries(configs);
}
