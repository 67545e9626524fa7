import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import type {
  Format,
  FormatOptions,
  FormatWriter,
  WriterState,
  WriterTarget,
} from "../../formats/contract.ts";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { scribbleOver } from "./sample-batches.ts";
import { sampleRun } from "./sample-streams.ts";
import { type StreamValues, valuesOf } from "./stream-values.ts";

export type ReadBack = (path: string) => Promise<ReadonlyMap<string, StreamValues>>;

/** A folder that is gone at the end of the block. */
export async function temporaryFolder(parent = tmpdir()): Promise<{
  readonly path: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const path = await mkdtemp(join(parent, "daq-format-contract-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Where thousands of flushes take no time: memory, where the system has it as a folder. */
export function quickFolder(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

export function targetIn(
  folder: string,
  format: Format,
  streams: readonly StreamSchema[],
  options: FormatOptions,
  openSink: OpenSink = openFileSink,
): WriterTarget {
  return {
    path: join(folder, `run${format.extension(options)}`),
    run: { info: sampleRun, streams },
    options,
    openSink,
  };
}

/** Appends, and at once does to the buffers what the ring does. Returns what a reader has to find. */
export async function appendAll(
  writer: FormatWriter,
  batches: readonly Batch[],
): Promise<Map<string, StreamValues>> {
  const expected = valuesOf(batches);
  for (const batch of batches) {
    await writer.append(batch);
    scribbleOver(batch);
  }
  return expected;
}

/** The state as it comes back from the recorder's journal. */
export async function checkpointState(writer: FormatWriter): Promise<WriterState> {
  return JSON.parse(JSON.stringify(await writer.checkpoint())) as WriterState;
}

export function dataFiles(format: Format, target: WriterTarget): readonly string[] {
  return format
    .plan(target.path, target.run.streams)
    .filter((file) => file.streams.length > 0)
    .map((file) => file.path);
}

/** Reads all data files of a target. Streams without a record are left out. */
export async function readAll(
  format: Format,
  target: WriterTarget,
  readBack: ReadBack,
): Promise<Map<string, StreamValues>> {
  const all = new Map<string, StreamValues>();
  for (const path of dataFiles(format, target))
    for (const [stream, values] of await readBack(path))
      if (values.sequences.length > 0) all.set(stream, values);
  return all;
}

export function joined(...parts: readonly ReadonlyMap<string, StreamValues>[]): Map<string, StreamValues> {
  const all = new Map<string, StreamValues>();
  for (const part of parts)
    for (const [stream, values] of part) {
      const before = all.get(stream);
      all.set(
        stream,
        before === undefined
          ? values
          : {
              timestampsNs: [...before.timestampsNs, ...values.timestampsNs],
              sequences: [...before.sequences, ...values.sequences],
              columns: new Map(
                [...before.columns].map(([name, records]) => [
                  name,
                  [...records, ...values.columns.get(name)!],
                ]),
              ),
            },
      );
    }
  return all;
}

/** The first `count` records. */
export function firstRecords(values: StreamValues, count: number): StreamValues {
  return {
    timestampsNs: values.timestampsNs.slice(0, count),
    sequences: values.sequences.slice(0, count),
    columns: new Map([...values.columns].map(([name, records]) => [name, records.slice(0, count)])),
  };
}
