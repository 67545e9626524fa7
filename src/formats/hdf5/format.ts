import { rm, stat } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { parseStreamSchema } from "../../model/stream-schema.ts";
import type { Format, FormatOptions, OutputFile, WriterTarget } from "../contract.ts";
import { checkCompression, compressions, maxCompressionLevel, pluginFor } from "./compression.ts";
import type { LayoutOptions } from "./declare-run.ts";
import { inspectHdf5 } from "./inspect.ts";
import { createRunFile, resumeRunFile } from "./open-run-file.ts";
import { readingFrom } from "./read-at.ts";
import { readHdf5 } from "./read-batches.ts";
import { recoverHdf5 } from "./recover.ts";
import { refusal } from "./stream-layout.ts";
import { parseWriterState } from "./writer.ts";

const extensions = [".h5", ".hdf5", ".nxs"] as const;

function layoutOptions(options: FormatOptions): LayoutOptions {
  return { ...options, index: "full" };
}

/** Refuses what cannot be held, before any file is made. */
function checkTarget({ run, options }: WriterTarget): void {
  checkCompression(options.compression, options.compressionLevel);
  for (const stream of run.streams) {
    parseStreamSchema(stream);
    const problem = refusal(stream);
    if (problem !== undefined)
      throw new DaqError("format", problem, { hint: "Choose one of these formats, or another name." });
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw new DaqError("path", `${path} cannot be used: ${cause}`, { hint: "Check the path.", cause });
  });
  if (found !== undefined)
    throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
      hint: "Choose another output_path, or put {version} into it, which counts up.",
    });
}

/** Throws `DaqError("format")` for a stream whose name could lead out of the folder. */
function plan(path: string, streams: Parameters<Format["plan"]>[1]): readonly OutputFile[] {
  for (const stream of streams) parseStreamSchema(stream);
  return [{ path, streams: streams.map(({ name }) => name) }];
}

export const hdf5Format: Format = {
  name: "hdf5",
  extensions,
  compressions,
  defaultCompression: "gzip",
  maxCompressionLevel,
  refusal,
  extension: (_options: FormatOptions) => extensions[0],
  plan,

  notice({ compression }) {
    const plugin = pluginFor(compression);
    return plugin === undefined
      ? undefined
      : `HDF5 with compression "${compression}" needs the filter plugin ${plugin} to be read: in Python \`pip install hdf5plugin\` and \`import hdf5plugin\` before h5py; in MATLAB the HDF Group's plugins. "gzip" needs none.`;
  },

  async create(target) {
    checkTarget(target);
    await refuseExisting(target.path);
    const sink = await target.openSink(target.path);
    try {
      return await createRunFile(sink, target.run, layoutOptions(target.options));
    } catch (error) {
      await sink.close();
      // It is this call's own, and no HDF5 file: left there, it would be in the way of the next attempt.
      await rm(target.path, { force: true });
      throw error;
    }
  },

  async resume(target, state) {
    checkTarget(target);
    const parsed = parseWriterState(state, target.path);
    return readingFrom(target.path, async (read) => {
      const sink = await target.openSink(target.path, { resumeAtBytes: parsed.file.endBytes });
      try {
        return await resumeRunFile(sink, target.run, layoutOptions(target.options), parsed, read);
      } catch (error) {
        await sink.close();
        throw error;
      }
    });
  },

  inspect: inspectHdf5,
  read: readHdf5,
  recover: recoverHdf5,
};
