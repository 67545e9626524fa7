import type { ByteSink } from "../../bytes/byte-sink.ts";
import { sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";
import { DaqError } from "../../model/errors.ts";
import type { Run } from "../../model/run.ts";
import { type DeclaredRun, declareRun, type LayoutOptions } from "./declare-run.ts";
import { Hdf5File, type ReadAt } from "./file/hdf5-file.ts";
import { StreamRows } from "./stream-rows.ts";
import { Hdf5FormatWriter, type Hdf5WriterState } from "./writer.ts";

type Opened = {
  readonly file: Hdf5File;
  readonly declared: DeclaredRun;
  readonly streams: readonly StreamRows[];
};

/** Starts the file of a run on an empty sink, which `close` or dispose closes. */
export async function createRunFile(
  sink: ByteSink,
  run: Run,
  options: LayoutOptions,
): Promise<Hdf5FormatWriter> {
  const { file, declared, streams } = await declare(sink, run, options);
  await file.begin();
  return new Hdf5FormatWriter(sink.path, file, declared, streams);
}

/** Goes on in a file from a checkpoint; what was written after it is overwritten. */
export async function resumeRunFile(
  sink: ByteSink,
  run: Run,
  options: LayoutOptions,
  state: Hdf5WriterState,
  read: ReadAt,
): Promise<Hdf5FormatWriter> {
  const { file, declared, streams } = await declare(sink, run, options);
  await file.resume(state.file, read);
  for (const rows of streams) {
    const records = state.records[rows.name];
    if (records === undefined)
      throw new DaqError("format", `${sink.path}: its checkpoint does not know the stream ${rows.name}.`, {
        hint: "The journal belongs to another run.",
      });
    await rows.restore(records);
  }
  return new Hdf5FormatWriter(sink.path, file, declared, streams);
}

/** Takes over a file that a crash left, from the file alone: only to be closed. */
export async function adoptRunFile(
  sink: ByteSink,
  run: Run,
  options: LayoutOptions,
  read: ReadAt,
): Promise<Hdf5FormatWriter> {
  const { file, declared } = await declare(sink, run, options);
  await file.adopt(read);
  // A crash in the middle of a checkpoint leaves some datasets of a stream a few rows ahead of others.
  for (const { timestamps, sequence, columns } of declared.streams) {
    const datasets = [timestamps, sequence, ...columns.flatMap(({ values, validity }) => [values, validity])];
    const present = datasets.filter((dataset) => dataset !== undefined).map(({ dataset }) => dataset);
    const rows = Math.min(...present.map((dataset) => dataset.rows));
    for (const dataset of present) dataset.setRows(rows);
  }
  return new Hdf5FormatWriter(sink.path, file, declared, []);
}

async function declare(sink: ByteSink, run: Run, options: LayoutOptions): Promise<Opened> {
  const file = await Hdf5File.create(sink, {
    chunkIndex: options.live === true ? "extensible-array" : "btree",
    durability: options.durability,
    placeRestSeconds: options.live === true ? 60 : 5,
  });
  const declared = declareRun(file, run, options);
  const isFiltered = declared.streams.some(
    ({ columns }) => columns[0]!.values.compression.filters.length > 0,
  );
  const pool: WorkerPool | undefined = isFiltered ? await sharedPool() : undefined;
  return { file, declared, streams: declared.streams.map((stream) => new StreamRows(stream, pool)) };
}
