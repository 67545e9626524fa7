import { join } from "node:path";
import { openBlockingFileSink } from "../src/bytes/file-sink.ts";
import { csvFormat } from "../src/formats/csv/format.ts";
import type { Batch } from "../src/model/batch.ts";
import { benchRunInfo } from "./harness/bench-run-info.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { timeWriting } from "./harness/written-file.ts";
import { channelSchema, sampleBatches } from "./input/sample-stream.ts";

const caseName = "csv/samples/none";
const rows = 1_000_000;
const quickRows = 100_000;
const batchRows = 65_536;

async function writeFile(path: string, batches: readonly Batch[]): Promise<void> {
  const writer = await csvFormat.create({
    path,
    run: { info: benchRunInfo(), streams: [channelSchema] },
    options: { compression: "none", durability: "process" },
    openSink: openBlockingFileSink,
  });
  for (const batch of batches) await writer.append(batch);
  const stored = batches.reduce((sum, batch) => sum + batch.count, 0);
  const account = { stream: channelSchema.name, produced: stored, stored, lost: 0, ranges: [] };
  await writer.close({ complete: true, accounts: [account] });
}

export const csvSamples: Benchmark = {
  name: "csv-samples",
  question: "How fast is the CSV writer alone, beside other CSV writers?",
  cases: [caseName],

  async run(context) {
    const samples = await context.input.samples(context.quick ? quickRows : rows);
    const batches = sampleBatches(samples, channelSchema, batchRows);
    const path = join(context.target, "samples.csv");
    await context.measure(caseName, () =>
      timeWriting(samples.bytes, [path], async () => {
        await writeFile(path, batches);
        return undefined;
      }),
    );
  },
};
