import type { Setting } from "../model/setting.ts";

/** The keys of `[storage.csv]` and of every other format's table: they go before those of `[storage]`. */
export const formatStorageSettings = [
  {
    key: "compression",
    kind: "string",
    doc: "Codec of this format. Absent: `compression` of `[storage]` if the format has it, else its default.",
    example: '"gzip"',
  },
  {
    key: "compression_level",
    kind: "integer",
    doc: "How hard this format's codec tries; 0 is off. Absent: `compression_level` of `[storage]`, unless this table names the codec.",
    min: 0,
    example: "5",
  },
  {
    key: "chunk_size",
    kind: "integer",
    doc: "Records per chunk in this format. Absent: `chunk_size` of `[storage]`.",
    min: 1,
    max: 2 ** 31 - 1,
    example: "1024",
  },
] as const satisfies readonly Setting[];

/** What `[storage.zarr]` has besides. */
export const zarrStorageSettings = [
  {
    key: "zarr_format",
    kind: "integer",
    doc: "Version of the Zarr specification. Absent: 3; 2 is for readers that know no other.",
    min: 2,
    max: 3,
    example: "2",
  },
  {
    key: "shard_chunks",
    kind: "integer",
    doc: "Chunks that share a file (a shard); 1 gives each chunk its own. Absent: up to 64, so that a run is not a million files. Version 2 has no shards.",
    min: 1,
    max: 65_536,
    example: "1",
  },
  {
    key: "checksum",
    kind: "boolean",
    doc: "A CRC32C behind each chunk, which readers check. Version 3 only. Absent: false.",
    example: "true",
  },
  {
    key: "pyramid",
    kind: "boolean",
    doc: "Also writes images at a half, a quarter, … of their size, for viewers that zoom. Absent: false.",
    example: "true",
  },
] as const satisfies readonly Setting[];

/** What `[storage.parquet]` has besides. */
export const parquetStorageSettings = [
  {
    key: "encoding",
    kind: "string",
    doc: "How values are laid out before they are compressed: what makes each column `smallest`, or `plain` for readers that know nothing else, such as fastparquet. Absent: smallest.",
    choices: ["smallest", "plain"],
    example: '"plain"',
  },
] as const satisfies readonly Setting[];

/** The keys of the table of one format. */
export function settingsOfFormat(format: string): readonly Setting[] {
  if (format === "zarr") return [...formatStorageSettings, ...zarrStorageSettings];
  return format === "parquet" ? [...formatStorageSettings, ...parquetStorageSettings] : formatStorageSettings;
}
