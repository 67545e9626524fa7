import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";
import { templateProblem } from "./output-path.ts";

/** The keys of `[storage]`. */
export const storageSettings = [
  {
    key: "format",
    kind: "string-or-strings",
    doc: 'File format, or a list of formats that are written side by side; `"both"` is short for `["hdf5", "arrow"]`. Absent: the format whose extension `output_path` has, else `arrow`.',
    example: '["arrow", "csv"]',
  },
  {
    key: "output_path",
    kind: "string",
    doc: "Where the files go: a path on this machine, or `s3://bucket/…`, `az://…`, `gs://bucket/…`. `{experiment}`, `{date}`, `{time}`, `{version}` and `{ext}` are filled in when the run starts.",
    default: "data/{experiment}_{date}_{time}_v{version}.{ext}",
    check: (value: MetadataValue) => templateProblem(String(value)),
  },
  {
    key: "compression",
    kind: "string",
    doc: "Codec for each format in use that has it; at least one must. Absent: each format's own default.",
    example: '"gzip"',
  },
  {
    key: "compression_level",
    kind: "integer",
    doc: "How hard the codec tries, up to its own maximum; 0 is off. Absent: the codec's default.",
    min: 0,
    example: "5",
  },
  {
    key: "chunk_size",
    kind: "integer",
    doc: "Records per chunk. Absent: chosen from the stream's shape.",
    min: 1,
    max: 2 ** 31 - 1,
    example: "1024",
  },
  {
    key: "flush_interval_ms",
    kind: "integer",
    doc: "A checkpoint at least this often; what came before a checkpoint survives a crash.",
    unit: "ms",
    min: 1,
    max: 3_600_000,
    default: 1000,
  },
  {
    key: "durability",
    kind: "string",
    doc: "What a checkpoint survives: the death of a `process`, or with `power` also that of the machine (fsync).",
    choices: ["process", "power"],
    default: "process",
  },
  {
    key: "live",
    kind: "boolean",
    doc: "Programs follow the file while it is written: HDF5 then has an index with checksums, for HDF5 1.10 and later. Other formats can always be followed.",
    default: false,
  },
  {
    key: "documents",
    kind: "boolean",
    doc: "Beside the files of a plan, `NAME.documents.jsonl`: all its documents as lines of JSON, as they come.",
    default: false,
  },
  {
    key: "rotate_mb",
    kind: "number",
    doc: "Finishes the files when together they have this size, and goes on in new ones: `scan_0001.parquet`, `scan_0002.parquet` … (1 MB is 1,000,000 bytes; looked at with each checkpoint). Absent: one file for the whole run. Not for Zarr.",
    unit: "MB",
    min: 0.01,
    example: "1000",
  },
  {
    key: "rotate_seconds",
    kind: "number",
    doc: "The same after so many seconds; with both keys, whichever comes first.",
    unit: "s",
    min: 1,
    example: "3600",
  },
  {
    key: "max_write_mb_per_s",
    kind: "number",
    doc: "Writes files no faster than this, to spare a shared disk (1 MB is 1,000,000 bytes). Absent: no limit.",
    unit: "MB/s",
    min: 0.01,
    example: "50",
  },
  {
    key: "spool_path",
    kind: "string",
    doc: "Folder on this machine in which a run is recorded whose `output_path` is a store; it is uploaded from there.",
    default: "spool",
    check: (value: MetadataValue) => spoolPathProblem(String(value)),
  },
  {
    key: "keep_spool",
    kind: "boolean",
    doc: "Keeps the local files of such a run. Otherwise they are deleted once every one is proven equal at the store.",
    default: false,
  },
  {
    key: "upload_timeout_ms",
    kind: "integer",
    doc: "When the run is over and nothing gets through to the store for so long, the command ends; `daq upload` goes on.",
    unit: "ms",
    min: 1000,
    max: 2 ** 31 - 1,
    default: 600_000,
  },
] as const satisfies readonly Setting[];

function spoolPathProblem(path: string): string | undefined {
  if (path.trim() === "" || /\p{Cc}/u.test(path)) return "expected the path of a folder";
  if (path.startsWith("~")) return '"~" is not replaced by the home folder here; write the folder in full';
  if (/[{}]/.test(path)) return "placeholders belong into output_path; the spool is one folder for all runs";
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? "the spool is a folder on this machine" : undefined;
}
