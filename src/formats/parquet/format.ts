import { stat } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { Format, FormatOptions, OutputFile, WriterTarget } from "../contract.ts";
import { streamPath } from "../stream-path.ts";
import { columnLayouts } from "./column-layout.ts";
import { discardParquet } from "./discard.ts";
import { inspectParquet } from "./inspect.ts";
import { compressions, maxLevels, pageCodecOf } from "./page-codec.ts";
import { readParquet } from "./read-batches.ts";
import { recoverParquet } from "./recover.ts";
import { extentOf, storedRowGroups } from "./resume.ts";
import { ParquetStreamFile } from "./stream-file.ts";
import { TailFile, tailPath, tailSlots } from "./tail-file.ts";
import { ParquetWriter } from "./writer.ts";

const extension = ".parquet";

/** A page holds whole records, and passes through the workers in one piece. */
const largestRecordBytes = 32 << 20;

function refusal(stream: StreamSchema): string | undefined {
  const large = columnLayouts(stream, "none").find(
    ({ elements, valueBytes }) => elements * valueBytes > largestRecordBytes,
  );
  return large === undefined
    ? undefined
    : `Parquet cannot hold ${stream.name}.${large.name}: one record of it is larger than ${largestRecordBytes >> 20} MiB; use hdf5, zarr or arrow.`;
}

/** Lists are stored value by value, and every reader takes them apart again. */
function streamNotice({ name, columns }: StreamSchema): string | undefined {
  const image = columns.find(({ shape }) => shape.length > 1);
  return image === undefined
    ? undefined
    : `${name}.${image.name} (${image.shape.join(" × ")}) goes to Parquet as lists of numbers, which is slow to write and to read; hdf5, zarr and arrow keep images as they are.`;
}

/** Throws `DaqError("format")` for a stream whose name could lead out of the folder. */
function plan(path: string, streams: readonly StreamSchema[]): readonly OutputFile[] {
  for (const stream of streams) parseStreamSchema(stream);
  return streams.map(({ name }) => ({ path: streamPath(path, extension, streams, name), streams: [name] }));
}

/** Refuses what cannot be held, before any file is made. */
function checkTarget({ run, options }: WriterTarget): void {
  pageCodecOf(options);
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
    if (await exists(path))
      throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
      });
    for (const slot of tailSlots)
      if (await exists(tailPath(path, slot)))
        throw new DaqError(
          "path",
          `${tailPath(path, slot)} is the tail of another file ${path}, which is gone.`,
          {
            hint: "Put that file back and run `daq recover` on it, or remove the tail.",
          },
        );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw new DaqError("path", `${path} cannot be used: ${error}`, { hint: "Check the path.", cause: error });
  }
}

/** Opens the file of each stream; when one fails, those before it are let go. */
async function openAll(
  target: WriterTarget,
  open: (stream: StreamSchema, path: string, tail: TailFile) => Promise<ParquetStreamFile>,
): Promise<ParquetWriter> {
  const { streams } = target.run;
  const byStream = new Map<string, ParquetStreamFile>();
  try {
    for (const stream of streams) {
      const path = streamPath(target.path, extension, streams, stream.name);
      const tail = new TailFile(path, target.openSink, target.options.durability === "power");
      byStream.set(stream.name, await open(stream, path, tail));
    }
  } catch (error) {
    await Promise.allSettled([...byStream.values()].map((file) => file.release()));
    throw error;
  }
  return new ParquetWriter(byStream);
}

export const parquetFormat: Format = {
  name: "parquet",
  extensions: [extension],
  compressions,
  defaultCompression: "snappy",
  maxCompressionLevel: maxLevels,
  refusal,
  streamNotice,
  extension: (_options: FormatOptions) => extension,
  plan,

  async create(target) {
    checkTarget(target);
    await refuseExisting(plan(target.path, target.run.streams));
    const { info } = target.run;
    return openAll(target, async (stream, path, tail) => {
      const sink = await target.openSink(path, { inOrder: true, aside: true });
      try {
        return await ParquetStreamFile.create(sink, { stream, info, options: target.options, tail });
      } catch (error) {
        await sink.close();
        throw error;
      }
    });
  },

  async resume(target, state) {
    checkTarget(target);
    const { info, streams } = target.run;
    // All files are checked before the first one is cut.
    const stored = new Map(
      await Promise.all(
        streams.map(async (stream) => {
          const path = streamPath(target.path, extension, streams, stream.name);
          const extent = extentOf(state, stream.name, path);
          return [stream.name, await storedRowGroups(path, stream, extent)] as const;
        }),
      ),
    );
    return openAll(target, async (stream, path, tail) => {
      const { bytes, tail: tailExtent, rowGroups } = stored.get(stream.name)!;
      const sink = await target.openSink(path, {
        resumeAtBytes: bytes,
        inOrder: true,
        aside: true,
      });
      try {
        await tail.resume(tailExtent);
        return await ParquetStreamFile.resume(
          sink,
          { stream, info, options: target.options, tail },
          rowGroups,
        );
      } catch (error) {
        await sink.close();
        throw error;
      }
    });
  },

  discard: discardParquet,
  inspect: inspectParquet,
  read: readParquet,
  recover: recoverParquet,
};
