import { statfsSync } from "node:fs";
import { DaqError } from "../src/model/errors.ts";
import type { RecordsToWrite } from "../src/model/frame-sink.ts";
import type { StreamSchema } from "../src/model/stream-schema.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { recordThroughRing } from "./harness/recording.ts";
import { frameRecords, sampleRecords } from "./input/ring-records.ts";
import { channelSchema } from "./input/sample-stream.ts";

const samplesCase = "recorder/memory/samples";
const framesCase = "recorder/memory/frames16";
/** What a converter card hands over at once; small, so that many records pass. */
const batchRows = 8_192;
const wantedBytes = 2e9;
const quickBytes = 5e7;
const times = 10;
/** Of the free space, for the longer recording; with the index columns, its file is up to half as large again. */
const usableShare = 0.3;
const mebibyte = 2 ** 20;
const limitMebibytes = 200;

/** Bytes of the shorter recording: the longer one must fit on the target. */
function shorterBytes(context: BenchmarkContext): number {
  const { bavail, bsize } = statfsSync(context.target);
  return Math.min(context.quick ? quickBytes : wantedBytes, (bavail * bsize * usableShare) / times);
}

type Peak = { readonly mebibytes: number; readonly records: number; readonly seconds: number };

async function record(
  context: BenchmarkContext,
  schema: StreamSchema,
  records: readonly RecordsToWrite[],
  recordBytes: number,
  bytes: number,
): Promise<Peak> {
  const count = Math.max(1, Math.round(bytes / recordBytes));
  const { figures, recorder, stored } = await recordThroughRing({
    context,
    schema,
    inputBytes: count * recordBytes,
    async produce(stream) {
      for (let number = 0; number < count; number++) {
        const pending = stream.write(records[number % records.length]!);
        if (pending !== undefined) await pending;
      }
    },
  });
  if (recorder.peakBytes === 0)
    throw new DaqError("process", "The memory of another process cannot be seen here.", {
      hint: "This case needs Linux's /proc; leave it out with --only.",
    });
  const seconds = (count * recordBytes) / 1e6 / figures.mb_per_s!;
  return { mebibytes: recorder.peakBytes / mebibyte, records: stored, seconds };
}

async function compare(
  context: BenchmarkContext,
  schema: StreamSchema,
  records: readonly RecordsToWrite[],
): Promise<Figures> {
  const bytes = shorterBytes(context);
  const recordBytes = records[0]!.columns.reduce((sum, column) => sum + column.byteLength, 0);
  const shorter = await record(context, schema, records, recordBytes, bytes);
  context.clearTarget();
  const longer = await record(context, schema, records, recordBytes, bytes * times);
  return {
    peak_mib: shorter.mebibytes,
    peak_mib_10x: longer.mebibytes,
    growth_ratio: longer.mebibytes / shorter.mebibytes,
    records: shorter.records,
    records_10x: longer.records,
    seconds: shorter.seconds,
    seconds_10x: longer.seconds,
  };
}

export const recorderMemory: Benchmark = {
  name: "recorder-memory",
  question: "How much memory does the recorder need, and does it grow with the length of a recording?",
  cases: [samplesCase, framesCase],

  async run(context) {
    const options = {
      runs: 1, // The peak of a recording that is repeated within it: more runs of the same would say the same.
      warmUp: async () => {},
      goals: [
        { quantity: "peak_mib", atMost: limitMebibytes },
        { quantity: "peak_mib_10x", atMost: limitMebibytes },
        { quantity: "growth_ratio", atMost: 1.1 },
      ],
    };
    if (context.wants(samplesCase)) {
      const records = sampleRecords(await context.input.samples(), batchRows);
      // Full batches only: every record of the recording has the same size.
      const full = records.filter((each) => each.count === batchRows);
      await context.measure(samplesCase, () => compare(context, channelSchema, full), options);
    }
    if (context.wants(framesCase)) {
      const frames = await context.input.frames16();
      await context.measure(framesCase, () => compare(context, frames.schema, frameRecords(frames)), options);
    }
  },
};
