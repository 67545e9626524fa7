import type { FormatName } from "../formats/contract.ts";
import type { Metadata } from "../model/metadata.ts";
import type { SettingValues } from "../model/setting.ts";
import type { Origin } from "../toml/origin.ts";

/** A whole configuration after every check, with the defaults filled in. */
export type Config = {
  /** The whole `[experiment]` table: metadata for every file. */
  readonly experiment: Metadata & { readonly name: string };
  /** Keys of it that are written as floats though they are whole: `x = 2.0`. */
  readonly floats?: readonly string[];
  readonly storage: StorageConfig;
  readonly ringBuffer: RingBufferConfig;
  /** In the order of the file; empty when it names none. */
  readonly devices: readonly DeviceConfig[];
};

/** What one format of a run may have of its own: `[storage.csv]`. */
export type FormatStorageConfig = {
  readonly compression?: string;
  readonly compressionLevel?: number;
  readonly chunkSize?: number;
  /** Of `[storage.zarr]` only. */
  readonly zarrFormat?: number;
  /** Of `[storage.zarr]` only. */
  readonly shardChunks?: number;
  /** Of `[storage.zarr]` only. */
  readonly checksum?: boolean;
  /** Of `[storage.zarr]` only. */
  readonly pyramid?: boolean;
  /** Of `[storage.parquet]` only. */
  readonly encoding?: "smallest" | "plain";
};

export type StorageConfig = {
  /** At least one, none twice. A device may have its own. */
  readonly formats: readonly FormatName[];
  /** A template; `outputPathFor` fills it in. */
  readonly outputPath: string;
  /** For every format that has it; the others, and all of them when it is absent, take their own default. */
  readonly compression?: string;
  /** 0 is off. `formatOptionsFor` joins all of this for one format. */
  readonly compressionLevel?: number;
  /** Records per chunk; absent: chosen from the stream's shape. */
  readonly chunkSize?: number;
  /** By format: what stands in `[storage.FORMAT]`. It goes before the keys above. */
  readonly ofFormat?: { readonly [format: string]: FormatStorageConfig };
  readonly flushIntervalMs: number;
  /** Size of the files of a part of the run, 1 MB being 1,000,000 bytes; absent with `rotateSeconds`: the run is one part. */
  readonly rotateMb?: number;
  readonly rotateSeconds?: number;
  readonly durability: "process" | "power";
  /** Absent: as fast as the disk takes it. 1 MB is 1,000,000 bytes. */
  /** Structures are chosen for programs that follow the file while it is written. */
  readonly live?: boolean;
  /** The documents of a plan's run are written beside its files, as lines of JSON. */
  readonly documents?: boolean;
  readonly maxWriteMbPerS?: number;
  /** For an `outputPath` that is a store's URL. */
  readonly spool?: SpoolConfig;
};

/** Where a run is recorded before it is at its store, and what becomes of that. */
export type SpoolConfig = {
  readonly path: string;
  readonly keep: boolean;
  readonly uploadTimeoutMs: number;
};

export type RingBufferConfig = {
  /** In MiB; may be fractional. */
  readonly sizeMb: number;
  /** Absent: a name of its own for each run in /dev/shm. */
  readonly path?: string;
  readonly overflow: "discard-oldest" | "block" | "resize";
  /** In MiB; how far `resize` grows. */
  readonly maxSizeMb: number;
  /** What happens to a `resize` ring that has its largest size. */
  readonly resizeThen: "discard-oldest" | "block";
  readonly blockTimeoutMs: number;
};

export type DeviceConfig = {
  /** A stream name, used once. */
  readonly id: string;
  readonly driver: string;
  /** The device's own formats, or those of `[storage]`. */
  readonly formats: readonly FormatName[];
  /** The driver's own keys, checked against its definitions. */
  readonly settings: SettingValues;
  /** Where the configuration file describes it, "scan.toml:12"; absent when no file does. */
  readonly place?: string;
};

export type LoadedConfig = {
  readonly config: Config;
  /** Where each value came from, by dotted key: "storage.format", "experiment.name", "devices.camera0.width". */
  readonly origins: { readonly [dottedKey: string]: Origin };
  /** What each key means, likewise. */
  readonly docs: { readonly [dottedKey: string]: string };
  /** The configuration file; absent for the built-in configuration. */
  readonly path: string | undefined;
};
