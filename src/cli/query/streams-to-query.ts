import { basename, dirname, join } from "node:path";
import type { FormatName } from "../../formats/contract.ts";
import { isFormatName } from "../../formats/registry.ts";
import { DaqError } from "../../model/errors.ts";
import { type FoundStreams, type StreamFile, streamsOfFile } from "../../query/query-file.ts";
import { readRunIndex } from "../../recorder/run-index.ts";
import { isStoreUrl } from "../../stores/store-url.ts";
import { identifyFile } from "../inspect/identify-file.ts";

/** Of a stream that a run has in several formats, the one that is read fastest. */
const preference: readonly FormatName[] = ["parquet", "csv", "arrow", "hdf5", "zarr", "jsonl"];

/** The streams in files and runs that were named. Throws `DaqError` for what is missing, unfinished or no data. */
export async function streamsToQuery(given: readonly string[]): Promise<FoundStreams> {
  const files: StreamFile[] = [];
  const notes: string[] = [];
  for (const path of given) {
    const found = await streamsOf(path);
    files.push(...found.files);
    notes.push(...found.notes);
  }
  return { files, notes };
}

async function streamsOf(given: string): Promise<FoundStreams> {
  if (isStoreUrl(given))
    throw new DaqError("usage", `${given}: objects at a store cannot be queried.`, {
      hint: "Download the file first.",
    });
  const { kind, path } = await identifyFile(given);
  if (kind === "data") return streamsOfFile(path);
  if (kind === "index") return streamsOfRun(path);
  throw new DaqError(
    "format",
    `${given} is not finished, or was left by a crash: it cannot be queried yet.`,
    {
      hint: `\`daq inspect ${given}\` says which; \`daq recover\` finishes what a crash left.`,
    },
  );
}

async function streamsOfRun(indexPath: string): Promise<FoundStreams> {
  const { outputs } = await readRunIndex(indexPath);
  const files: StreamFile[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  const byPreference = preference.flatMap((name) => outputs.filter(({ format }) => format === name));
  for (const { format, files: ofOutput, failure } of byPreference) {
    if (!isFormatName(format) || failure !== undefined) continue;
    const wanted = new Set(ofOutput.flatMap(({ streams }) => streams).filter((stream) => !seen.has(stream)));
    // Of a run in parts, a stream is in several files.
    for (const file of ofOutput.filter(({ streams }) => streams.some((stream) => wanted.has(stream)))) {
      const found = await streamsOfFile(join(dirname(indexPath), basename(file.path)));
      files.push(...found.files.filter(({ stream }) => wanted.has(stream)));
      notes.push(...found.notes);
    }
    for (const stream of wanted) seen.add(stream);
  }
  if (files.length === 0)
    throw new DaqError("format", `${indexPath} names no file that can be queried.`, {
      hint: `\`daq inspect ${indexPath}\` shows its files.`,
    });
  return { files, notes };
}
