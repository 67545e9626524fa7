import type { RecordsToWrite } from "../src/model/frame-sink.ts";
import type { StreamSchema } from "../src/model/stream-schema.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { recordThroughRing } from "./harness/recording.ts";
import type { Frames, Samples } from "./input/benchmark-input.ts";
import { frameRecords, sampleRecords } from "./input/ring-records.ts";
import { channelSchema } from "./input/sample-stream.ts";

const samplesCase = "arrow/samples/path-65536";
const frames16Case = "arrow/frames16/path";
const frames8Case = "arrow/frames8/path";
const batchRows = 65_536;
/** The input is recorded again and again until this much went through, so that starting and ending do not count. */
const totalBytes = 1e9;
const quickBytes = 5e7;

function timesOver(context: BenchmarkContext, inputBytes: number): number {
  return Math.max(1, Math.ceil((context.quick ? quickBytes : totalBytes) / inputBytes));
}

async function path(
  context: BenchmarkContext,
  schema: StreamSchema,
  records: readonly RecordsToWrite[],
  inputBytes: number,
): Promise<Figures> {
  const times = timesOver(context, inputBytes);
  const { figures, recorder, stored } = await recordThroughRing({
    context,
    schema,
    inputBytes: inputBytes * times,
    async produce(stream) {
      for (let time = 0; time < times; time++)
        for (const each of records) {
          const pending = stream.write(each);
          if (pending !== undefined) await pending;
        }
    },
  });
  return { ...figures, recorder_cpu_s: recorder.cpuSeconds, records: stored };
}

async function measureFrames(
  context: BenchmarkContext,
  name: string,
  load: () => Promise<Frames>,
): Promise<void> {
  if (!context.wants(name)) return;
  const frames = await load();
  const records = frameRecords(frames);
  await context.measure(name, () => path(context, frames.schema, records, frames.bytes));
}

async function measureSamples(context: BenchmarkContext): Promise<void> {
  if (!context.wants(samplesCase)) return;
  const samples: Samples = await context.input.samples();
  const records = sampleRecords(samples, batchRows);
  // Of five columns' bytes: four travel as columns, the time as the records' timestamps.
  await context.measure(samplesCase, () => path(context, channelSchema, records, samples.bytes));
}

export const arrowPath: Benchmark = {
  name: "arrow-path",
  question: "How fast is the whole path: a source, the ring, the recorder process, an Arrow file?",
  cases: [samplesCase, frames16Case, frames8Case],

  async run(context) {
    await measureSamples(context);
    await measureFrames(context, frames16Case, () => context.input.frames16());
    await measureFrames(context, frames8Case, () => context.input.frames8());
  },
};
