import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { FormatName } from "../formats/contract.ts";
import { readSidecar } from "../formats/csv/sidecar-file.ts";
import { formatOfPath } from "../formats/registry.ts";
import { unfinished } from "../formats/unreadable.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

/** One stream in one file. */
export type StreamFile = {
  readonly path: string;
  readonly format: FormatName;
  readonly stream: string;
  /** Absent: another program wrote it, and DuckDB finds out what is in it. */
  readonly schema?: StreamSchema;
};

export type FoundStreams = { readonly files: readonly StreamFile[]; readonly notes: readonly string[] };

/** What a finished data file holds. Throws `DaqError("format")` for one that is not finished. */
export async function streamsOfFile(given: string): Promise<FoundStreams> {
  const path = resolve(given);
  const format = await formatOfPath(path);
  // Inspecting a CSV file reads all of it.
  if (format.name === "csv") return { files: [await csvStream(path)], notes: [] };
  const { state, run, streams, notes } = await format.inspect(path);
  if (state !== "complete") throw unfinished(given);
  const isForeignParquet =
    format.name === "parquet" && (run === undefined || streams[0]?.firstTimestampNs === undefined);
  return {
    files: streams.map(({ schema }) => ({
      path,
      format: format.name,
      stream: schema.name,
      ...(isForeignParquet ? {} : { schema }),
    })),
    // DuckDB reads columns that our own reader leaves out.
    notes: isForeignParquet ? [] : notes.map((note) => `${given}: ${note}`),
  };
}

async function csvStream(path: string): Promise<StreamFile> {
  const sidecar = await readSidecar(path);
  if (sidecar === undefined) return { path, format: "csv", stream: nameOf(path) };
  const { closed, stream } = sidecar;
  if (closed === undefined || (await stat(path)).size < closed.bytes) throw unfinished(path);
  return { path, format: "csv", stream: stream.name, schema: stream };
}

function nameOf(path: string): string {
  const stem = basename(path).replace(/\.csv(\.gz)?$/i, "");
  return stem.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 100) || "table";
}
