import { stat } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { Format, FormatOptions, OutputFile, WriterTarget } from "../contract.ts";
import { streamPath } from "../stream-path.ts";
import { bufferCodecOf, compressions, maxZstdLevel } from "./buffer-codec.ts";
import { inspectArrow } from "./inspect.ts";
import { readArrow } from "./read-batches.ts";
import { recoverArrow } from "./recover.ts";
import { extentOf, storedBatches } from "./resume.ts";
import { columnElements } from "./schema.ts";
import { ArrowStreamFile } from "./stream-file.ts";
import { ArrowWriter } from "./writer.ts";

const extension = ".arrow";

/** A fixed-size list says in 32 bits, signed, how many values a record has. */
const mostElements = 2 ** 31 - 1;

function refusal(stream: StreamSchema): string | undefined {
  const large = stream.columns.find((column) => columnElements(column) > mostElements);
  return large === undefined
    ? undefined
    : `Arrow cannot hold ${stream.name}.${large.name}: one record has more than ${mostElements} values; use HDF5 or Zarr.`;
}

/** Throws `DaqError("format")` for a stream whose name could lead out of the folder. */
function plan(path: string, streams: readonly StreamSchema[]): readonly OutputFile[] {
  for (const stream of streams) parseStreamSchema(stream);
  return streams.map(({ name }) => ({ path: streamPath(path, extension, streams, name), streams: [name] }));
}

/** Refuses what cannot be held, before any file is made. */
function checkTarget({ run, options }: WriterTarget): void {
  bufferCodecOf(options);
  for (const stream of run.streams) {
    parseStreamSchema(stream);
    const problem = refusal(stream);
    if (problem !== undefined)
      throw new DaqError("format", problem, { hint: "Choose one of these formats." });
  }
}

/** Looks before the first file is made, so that a path that is taken does not leave the others behind. */
async function refuseExisting(files: readonly OutputFile[]): Promise<void> {
  for (const { path } of files) {
    const found = await stat(path).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined;
      throw new DaqError("path", `${path} cannot be used: ${error}`, {
        hint: "Check the path.",
        cause: error,
      });
    });
    if (found !== undefined)
      throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
      });
  }
}

/** Opens the file of each stream; when one fails, those before it are let go. */
async function openAll(
  target: WriterTarget,
  open: (stream: StreamSchema, path: string) => Promise<ArrowStreamFile>,
): Promise<ArrowWriter> {
  const { streams } = target.run;
  const byStream = new Map<string, ArrowStreamFile>();
  try {
    for (const stream of streams)
      byStream.set(stream.name, await open(stream, streamPath(target.path, extension, streams, stream.name)));
  } catch (error) {
    await Promise.allSettled([...byStream.values()].map((file) => file.release()));
    throw error;
  }
  return new ArrowWriter(byStream);
}

export const arrowFormat: Format = {
  name: "arrow",
  extensions: [extension],
  compressions,
  defaultCompression: "none",
  maxCompressionLevel: { zstd: maxZstdLevel },
  refusal,
  extension: (_options: FormatOptions) => extension,
  plan,

  async create(target) {
    checkTarget(target);
    await refuseExisting(plan(target.path, target.run.streams));
    return openAll(target, async (stream, path) => {
      const sink = await target.openSink(path);
      try {
        return await ArrowStreamFile.create(sink, { stream, info: target.run.info, options: target.options });
      } catch (error) {
        await sink.close();
        throw error;
      }
    });
  },

  async resume(target, state) {
    checkTarget(target);
    // All files are checked before the first one is cut.
    const stored = new Map(
      await Promise.all(
        target.run.streams.map(async (stream) => {
          const path = streamPath(target.path, extension, target.run.streams, stream.name);
          const extent = extentOf(state, stream.name, path);
          return [stream.name, { extent, batches: await storedBatches(path, stream, extent) }] as const;
        }),
      ),
    );
    return openAll(target, async (stream, path) => {
      const { extent, batches } = stored.get(stream.name)!;
      const sink = await target.openSink(path, { resumeAtBytes: extent.bytes });
      return ArrowStreamFile.resume(
        sink,
        { stream, info: target.run.info, options: target.options },
        batches,
      );
    });
  },

  inspect: inspectArrow,
  read: readArrow,
  recover: recoverArrow,
};
