import { DaqError, systemCode } from "../../model/errors.ts";
import { parseStreamSchema } from "../../model/stream-schema.ts";
import type { Format, FormatOptions, OutputFile, WriterTarget } from "../contract.ts";
import { parseWriterState, readCheckpoint } from "./checkpoint-file.ts";
import { compressions, defaultCompression, maxCompressionLevel, zarrCompression } from "./compressions.ts";
import { inspectZarr } from "./inspect.ts";
import { missingZarrParts } from "./missing-parts.ts";
import { createRunFolder, resumeRunFolder } from "./open-run-folder.ts";
import { readZarr } from "./read-batches.ts";
import { recoverZarr } from "./recover.ts";
import type { LayoutOptions } from "./run-attributes.ts";
import { type FolderOptions, RunFolder, removeIfEmpty } from "./run-folder.ts";
import { readRunRoot } from "./run-root.ts";
import { refusal } from "./stream-layout.ts";

const extensions = [".zarr"] as const;

function layoutOptions({ compression, compressionLevel, chunkRows, zarr }: FormatOptions): LayoutOptions {
  return {
    compression,
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(chunkRows === undefined ? {} : { chunkRows }),
    ...(zarr === undefined ? {} : { zarr }),
  };
}

function folderOptions({ openSink, options }: WriterTarget): FolderOptions {
  return { openSink, durability: options.durability };
}

/** Refuses what cannot be held, before anything is made. */
function checkTarget({ run, options }: WriterTarget): void {
  zarrCompression(options.compression, options.compressionLevel);
  for (const stream of run.streams) {
    parseStreamSchema(stream);
    const problem = refusal(stream);
    if (problem !== undefined)
      throw new DaqError("format", problem, { hint: "Choose one of these formats." });
  }
}

/** Throws `DaqError("format")` for a stream whose name could lead out of the folder. */
function plan(path: string, streams: Parameters<Format["plan"]>[1]): readonly OutputFile[] {
  for (const stream of streams) parseStreamSchema(stream);
  return [{ path, streams: streams.map(({ name }) => name) }];
}

/** Who began to write the folder; undefined where that is not known. */
async function writerOf(path: string): Promise<string | undefined> {
  const folder = new RunFolder(path, { openSink: neverOpened, durability: "process" });
  const checkpoint = await readCheckpoint(folder).catch(() => undefined);
  if (checkpoint !== undefined) return checkpoint.uid;
  const root = await readRunRoot(path).catch(() => undefined);
  return root?.record?.run.info.uid;
}

async function neverOpened(path: string): Promise<never> {
  throw new DaqError("io", `${path} is only looked at.`);
}

export const zarrFormat: Format = {
  name: "zarr",
  extensions,
  compressions,
  defaultCompression,
  maxCompressionLevel,
  refusal,
  extension: (_options: FormatOptions) => extensions[0],
  plan,

  async create(target) {
    checkTarget(target);
    return createRunFolder(target.path, target.run, layoutOptions(target.options), folderOptions(target));
  },

  async resume(target, state) {
    checkTarget(target);
    const parsed = parseWriterState(state, target.path);
    return resumeRunFolder(
      target.path,
      target.run,
      layoutOptions(target.options),
      parsed,
      folderOptions(target),
    );
  },

  async discard(path, uid) {
    try {
      await removeIfEmpty(path);
      if ((await writerOf(path)) === uid)
        await new RunFolder(path, { openSink: neverOpened, durability: "process" }).remove("");
    } catch (error) {
      // A file of this name is not this format's.
      if (systemCode((error as DaqError).cause) !== "ENOTDIR") throw error;
    }
  },

  inspect: inspectZarr,
  missingParts: missingZarrParts,
  read: readZarr,
  recover: recoverZarr,
};
