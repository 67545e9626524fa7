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
