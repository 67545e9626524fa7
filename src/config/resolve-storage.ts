import type { CheckedTable } from "../toml/check-table.ts";
import { defaultOrigin, type Origin, overrides } from "../toml/origin.ts";
import type { Problems } from "../toml/problems.ts";
import type { ValuesOf } from "../toml/setting-type.ts";
import type { CatalogFormat, FormatCatalog } from "./catalog.ts";
import { checkOwnCompression, checkSharedCompression, type GivenCompression } from "./check-compression.ts";
import type { DeviceConfig, SpoolConfig, StorageConfig } from "./config.ts";
import { dataExtensionOf } from "./output-path.ts";
import { outputUrlOf } from "./output-url.ts";
import { type CheckedFormatStorage, formatStorageConfigs } from "./resolve-format-storage.ts";
import { formatOfTemplate, namedFormats } from "./resolve-formats.ts";
import type { storageSettings } from "./storage-settings.ts";

export type CheckedStorage = CheckedTable<ValuesOf<typeof storageSettings>>;

/** `[storage]` and the tables of single formats below it. */
export type WholeStorage = {
  readonly storage: CheckedStorage;
  readonly ofFormat: ReadonlyMap<string, CheckedFormatStorage>;
};

export type StorageFormats = {
  /** Undefined when they are wrong; the problem is noted. */
  readonly formats: StorageConfig["formats"] | undefined;
  readonly origin: Origin;
};

/** The formats of `[storage]`: named, or those of the output path's extension. */
export async function storageFormats(
  { values, origins, invalid }: CheckedStorage,
  catalog: FormatCatalog,
  problems: Problems,
): Promise<StorageFormats> {
  const origin = origins.get("format");
  if (values.format !== undefined && origin !== undefined) {
    const complain = (problem: string): void => problems.add(origin, "[storage] format", problem);
    return { formats: namedFormats(values.format, catalog, complain), origin };
  }
  if (invalid.has("format") || invalid.has("output_path"))
    return { formats: undefined, origin: defaultOrigin };
  const pathOrigin = origins.get("output_path") ?? defaultOrigin;
  const complain = (problem: string): void => problems.add(pathOrigin, "[storage] output_path", problem);
  const formats = await formatOfTemplate(values.output_path, catalog, complain);
  const fromPath = dataExtensionOf(values.output_path) !== undefined;
  return { formats, origin: fromPath ? pathOrigin : defaultOrigin };
}

/** Checks what the formats of `[storage]` and of all devices have to fit: the codec, its level, the extension. */
export async function checkFormatsInUse(
  { storage, ofFormat }: WholeStorage,
  { formats, origin }: StorageFormats,
  devices: readonly Pick<DeviceConfig, "formats">[],
  catalog: FormatCatalog,
  problems: Problems,
): Promise<void> {
  const { values, origins, invalid } = storage;
  const inUse = new Map<string, CatalogFormat>();
  for (const name of [...(formats ?? []), ...devices.flatMap((device) => device.formats)])
    if (!inUse.has(name)) inUse.set(name, await catalog.load(name));
  checkRotation(storage, [...inUse.keys()], problems);
  const own = new Map([...ofFormat].map(([name, table]) => [name, givenBy(`[storage.${name}]`, table)]));
  if (!invalid.has("compression"))
    checkSharedCompression(givenBy("[storage]", storage), [...inUse.values()], own, problems);
  for (const [name, given] of own)
    if (!ofFormat.get(name)!.invalid.has("compression"))
      checkOwnCompression(given, await catalog.load(name), values.compression, problems);
  const pathOrigin = origins.get("output_path") ?? defaultOrigin;
  const extension = dataExtensionOf(values.output_path);
  // A format that overrides the file's (--format csv) also overrides the extension that the file has for its own.
  if (formats === undefined || extension === undefined || overrides(origin, pathOrigin)) return;
  const extensions = [...inUse.values()].flatMap((format) => format.extensions);
  if (!extensions.includes(extension))
    problems.add(
      pathOrigin,
      "[storage] output_path",
      `${extension} is not an extension of ${[...inUse.keys()].join(" or ")}; expected ${extensions.join(" or ")}, or {ext}`,
    );
}

const rotationKeys = ["rotate_mb", "rotate_seconds"] as const;

function checkRotation(
  { values, origins }: CheckedStorage,
  formats: readonly string[],
  problems: Problems,
): void {
  for (const key of rotationKeys) {
    if (values[key] === undefined) continue;
    const complain = (problem: string): void => problems.add(origins.get(key), `[storage] ${key}`, problem);
    if (formats.includes("zarr"))
      complain(
        "a Zarr folder consists of many files already; leave the key out, or give zarr a run of its own",
      );
    if (outputUrlOf(values.output_path) !== undefined)
      complain(
        "runs to a store have no parts; record into a folder, and bring the run there with `daq upload`",
      );
  }
}

function givenBy(
  title: string,
  { values, origins }: CheckedStorage | CheckedFormatStorage,
): GivenCompression {
  return {
    title,
    compression: values.compression,
    compressionOrigin: origins.get("compression"),
    level: values.compression_level,
    levelOrigin: origins.get("compression_level"),
  };
}

export function storageConfigOf(
  { storage: { values, origins }, ofFormat: tables }: WholeStorage,
  formats: StorageConfig["formats"],
): StorageConfig {
  const ofFormat = formatStorageConfigs(tables);
  return {
    formats,
    outputPath: values.output_path,
    ...(values.compression === undefined ? {} : { compression: values.compression }),
    ...(values.compression_level === undefined ? {} : { compressionLevel: values.compression_level }),
    ...(values.chunk_size === undefined ? {} : { chunkSize: values.chunk_size }),
    ...(ofFormat === undefined ? {} : { ofFormat }),
    flushIntervalMs: values.flush_interval_ms,
    durability: values.durability,
    ...(values.live ? { live: true } : {}),
    ...(values.documents ? { documents: true } : {}),
    ...(values.rotate_mb === undefined ? {} : { rotateMb: values.rotate_mb }),
    ...(values.rotate_seconds === undefined ? {} : { rotateSeconds: values.rotate_seconds }),
    ...(values.max_write_mb_per_s === undefined ? {} : { maxWriteMbPerS: values.max_write_mb_per_s }),
    ...(isSpoolMeant(values, origins) ? { spool: spoolOf(values) } : {}),
  };
}

const spoolKeys = ["spool_path", "keep_spool", "upload_timeout_ms"] as const;

/** The spool is for a store's URL; whoever sets one of its keys is shown them in any case. */
function isSpoolMeant(values: CheckedStorage["values"], origins: CheckedStorage["origins"]): boolean {
  return (
    outputUrlOf(values.output_path) !== undefined ||
    spoolKeys.some((key) => origins.get(key) !== defaultOrigin)
  );
}

function spoolOf(values: CheckedStorage["values"]): SpoolConfig {
  return { path: values.spool_path, keep: values.keep_spool, uploadTimeoutMs: values.upload_timeout_ms };
}
