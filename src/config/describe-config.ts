import type { MetadataValue } from "../model/metadata.ts";
import { defaultOrigin, originText } from "../toml/origin.ts";
import type { Config, LoadedConfig } from "./config.ts";
import type {
  formatStorageSettings,
  parquetStorageSettings,
  zarrStorageSettings,
} from "./format-storage-settings.ts";
import type { plainTables } from "./overrides.ts";

/** One line of `daq config show`. */
export type ConfigRow = {
  /** "storage.format", "devices.camera0.width". */
  readonly key: string;
  /** In TOML's spelling; empty when the key has no value. */
  readonly value: string;
  /** "default", "daq.toml:12", "env DAQ_STORAGE_FORMAT" or "flag --format". */
  readonly origin: string;
  readonly doc: string;
};

type Value = MetadataValue | undefined;

/** Every key with its value and where that came from: experiment, storage, ring buffer, devices. */
export function describeConfig({ config, origins, docs }: LoadedConfig): ConfigRow[] {
  const values: [string, Value][] = [
    ...Object.entries(config.experiment).map(([key, value]): [string, Value] => [`experiment.${key}`, value]),
    ...storageValues(config).map(([key, value]): [string, Value] => [`storage.${key}`, value]),
    ...formatStorageValues(config).map(([key, value]): [string, Value] => [`storage.${key}`, value]),
    ...ringBufferValues(config).map(([key, value]): [string, Value] => [`ring_buffer.${key}`, value]),
    ...config.devices.flatMap(({ id, driver, formats, settings }) =>
      Object.entries<Value>({ id, driver, format: formatValue(formats), ...settings }).map(
        ([key, value]): [string, Value] => [`devices.${id}.${key}`, value],
      ),
    ),
  ];
  const floats = new Set((config.floats ?? []).map((key) => `experiment.${key}`));
  return values.map(([key, value]) => ({
    key,
    value: value === undefined ? "" : floats.has(key) ? floatText(value) : tomlText(value),
    origin: originText((Object.hasOwn(origins, key) ? origins[key] : undefined) ?? defaultOrigin),
    doc: (Object.hasOwn(docs, key) ? docs[key] : undefined) ?? "",
  }));
}

function storageValues({ storage }: Config): [string, Value][] {
  const values: Record<(typeof plainTables.storage)[number]["key"], Value> = {
    format: formatValue(storage.formats),
    output_path: storage.outputPath,
    compression: storage.compression,
    compression_level: storage.compressionLevel,
    chunk_size: storage.chunkSize,
    flush_interval_ms: storage.flushIntervalMs,
    durability: storage.durability,
    live: storage.live ?? false,
    documents: storage.documents ?? false,
    rotate_mb: storage.rotateMb,
    rotate_seconds: storage.rotateSeconds,
    max_write_mb_per_s: storage.maxWriteMbPerS,
    spool_path: storage.spool?.path,
    keep_spool: storage.spool?.keep,
    upload_timeout_ms: storage.spool?.uploadTimeoutMs,
  };
  return Object.entries(values);
}

/** What formats have of their own; a format without its own table has no rows. */
function formatStorageValues({ storage }: Config): [string, Value][] {
  return Object.entries(storage.ofFormat ?? {}).flatMap(([format, own]) => {
    const values: Record<(typeof formatStorageSettings)[number]["key"], Value> = {
      compression: own.compression,
      compression_level: own.compressionLevel,
      chunk_size: own.chunkSize,
    };
    const ofZarr: Record<(typeof zarrStorageSettings)[number]["key"], Value> = {
      zarr_format: own.zarrFormat,
      shard_chunks: own.shardChunks,
      checksum: own.checksum,
      pyramid: own.pyramid,
    };
    const ofParquet: Record<(typeof parquetStorageSettings)[number]["key"], Value> = {
      encoding: own.encoding,
    };
    const besides = format === "zarr" ? ofZarr : format === "parquet" ? ofParquet : {};
    return Object.entries({ ...values, ...besides }).map(([key, value]): [string, Value] => [
      `${format}.${key}`,
      value,
    ]);
  });
}

function ringBufferValues({ ringBuffer }: Config): [string, Value][] {
  const values: Record<(typeof plainTables.ring_buffer)[number]["key"], Value> = {
    size_mb: ringBuffer.sizeMb,
    path: ringBuffer.path,
    overflow: ringBuffer.overflow,
    max_size_mb: ringBuffer.maxSizeMb,
    resize_then: ringBuffer.resizeThen,
    block_timeout_ms: ringBuffer.blockTimeoutMs,
  };
  return Object.entries(values);
}

function formatValue(formats: readonly string[]): MetadataValue {
  return formats.length === 1 ? formats[0]! : formats;
}

/** Numbers with their point, so that they stay floats. */
export function floatText(value: MetadataValue): string {
  if (Array.isArray(value)) return `[${value.map(floatText).join(", ")}]`;
  const text = tomlText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A value as it could stand in a TOML file. */
export function tomlText(value: MetadataValue): string {
  if (typeof value === "string") return tomlString(value);
  if (Array.isArray(value)) return `[${value.map(tomlText).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value as { readonly [key: string]: MetadataValue });
  return `{ ${entries.map(([key, item]) => `${tomlKey(key)} = ${tomlText(item)}`).join(", ")} }`;
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

/** JSON's escapes are TOML's, but for the characters U+007F to U+009F that JSON leaves as they are. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
