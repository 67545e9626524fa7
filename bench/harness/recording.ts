import { join } from "node:path";
import type { FormatName } from "../../src/formats/contract.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { DaqError } from "../../src/model/errors.ts";
import type { StreamSink } from "../../src/model/frame-sink.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { RecorderProcess } from "../../src/recorder/recorder-process.ts";
import type { RunIndex } from "../../src/recorder/run-index.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { benchRunInfo } from "./bench-run-info.ts";
import type { BenchmarkContext, Figures } from "./benchmark.ts";
import { type ProcessUsage, ProcessWatch } from "./process-watch.ts";
import { timeWriting } from "./written-file.ts";

/** Enough for half a second at the rates of the fastest cameras, small beside what is recorded. */
export const recordingRingBytes = 256 * 2 ** 20;
const flushIntervalMs = 1000;

export type Recording = {
  readonly context: BenchmarkContext;
  readonly schema: StreamSchema;
  /** What goes through, for the rate. */
  readonly inputBytes: number;
  /** Uncompressed; Arrow where absent. */
  readonly format?: FormatName;
  /** Bytes of the ring, where the usual ones do not do. */
  readonly ringBytes?: number;
  /** The source: writes all records, here, in the process that acquires. */
  readonly produce: (stream: StreamSink) => Promise<void>;
};

export type Recorded = {
  readonly figures: Figures;
  readonly recorder: ProcessUsage;
  readonly stored: number;
};

/**
 * Records one stream the whole way: from this process into a ring that waits when it is full, by a recorder process to
 * an uncompressed file with the default index columns. Timed from the first write until the file is closed.
 * Rejects when a record is missing from the file.
 */
export async function recordThroughRing({
  context,
  schema,
  inputBytes,
  format = "arrow",
  ringBytes = recordingRingBytes,
  produce,
}: Recording): Promise<Recorded> {
  const path = join(context.target, `recorded.${format}`);
  const ring = RingWriter.create(context.ringPath(), {
    sizeBytes: ringBytes,
    overflow: "block",
    blockTimeoutMs: 60_000,
  });
  try {
    ring.describeRun(benchRunInfo());
    const stream = ring.openStream(schema);
    let restarted: string | undefined;
    const recorderProcess = new RecorderProcess(
      {
        ringPath: ring.path,
        name: "recorder",
        indexPath: join(context.target, "recorded.run.json"),
        outputs: [
          {
            format,
            path,
            streams: [schema.name],
            options: { compression: "none", durability: "process" },
          },
        ],
        flushIntervalMs,
        durability: "process",
      },
      {
        onRestart: (reason) => {
          restarted = reason;
        },
      },
    );
    await recorderProcess.ready;
    const watch = new ProcessWatch(recorderProcess.pid!);
    let recorder: ProcessUsage = { peakBytes: 0, cpuSeconds: 0 };
    let index: RunIndex | undefined;
    const figures = await timeWriting(inputBytes, [path], async () => {
      await produce(stream);
      ring.close();
      ({ index } = await recorderProcess.outcome);
      recorder = watch.stop();
      return recorder;
    });
    await watch.gone();
    if (restarted !== undefined) throw new DaqError("process", `The recorder died meanwhile (${restarted}).`);
    return { figures, recorder, stored: await checkComplete(format, path, index!, stream.produced) };
  } finally {
    ring.remove();
  }
}

/** Every record that was produced is in the account and in the file. */
async function checkComplete(
  format: FormatName,
  path: string,
  index: RunIndex,
  produced: number,
): Promise<number> {
  const account = index.outputs[0]!.ledger.accounts[0]!;
  const found = (await (await loadFormat(format)).inspect(path)).streams[0]!.records;
  if (account.stored !== produced || account.lost !== 0 || found !== produced)
    throw new DaqError(
      "format",
      `${produced} records were produced, ${account.stored} stored and ${account.lost} lost; the file has ${found}.`,
      { hint: 'With overflow = "block" nothing may be lost: this is a fault of daq-storage.' },
    );
  return found;
}
