import { join } from "node:path";
import { openBlockingFileSink } from "../src/bytes/file-sink.ts";
import { ArrowStreamFile } from "../src/formats/arrow/stream-file.ts";
import type { FormatOptions } from "../src/formats/contract.ts";
import type { Batch } from "../src/model/batch.ts";
import type { Ledger } from "../src/model/ledger.ts";
import { benchRunInfo } from "./harness/bench-run-info.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { timeWriting } from "./harness/written-file.ts";
import { peerSchema, sampleBatches } from "./input/sample-stream.ts";

const compressions = ["none", "lz4", "zstd"] as const;
const batchRows = [8_192, 65_536] as const;
const quickRows = 200_000;

function caseName(compression: string, rows: number): string {
  return `arrow/samples/${compression}-${rows}`;
}

async function writeFile(path: string, batches: readonly Batch[], compression: string): Promise<void> {
  const options: FormatOptions = { compression, durability: "process" };
  const stored = batches.reduce((sum, batch) => sum + batch.count, 0);
  const account = { stream: peerSchema.name, produced: stored, stored, lost: 0, ranges: [] };
  const ledger: Ledger = { complete: true, accounts: [account] };
  const file = await ArrowStreamFile.create(await openBlockingFileSink(path), {
    stream: peerSchema,
    info: benchRunInfo(),
    options,
    index: "none",
  });
  for (const batch of batches) await file.append(batch);
  await file.close(ledger);
}

function measureOnce(
  context: BenchmarkContext,
  inputBytes: number,
  batches: readonly Batch[],
  compression: string,
): Promise<Figures> {
  const path = join(context.target, "samples.arrow");
  return timeWriting(inputBytes, [path], async () => {
    await writeFile(path, batches, compression);
    return undefined;
  });
}

export const arrowSamples: Benchmark = {
  name: "arrow-samples",
  question: "How fast is the Arrow writer alone, beside other Arrow libraries?",
  cases: batchRows.flatMap((rows) => compressions.map((compression) => caseName(compression, rows))),

  async run(context) {
    const samples = await context.input.samples(context.quick ? quickRows : undefined);
    for (const rows of batchRows) {
      const names = compressions.map((compression) => caseName(compression, rows));
      if (!names.some((name) => context.wants(name))) continue;
      const batches = sampleBatches(samples, peerSchema, rows);
      for (const compression of compressions)
        await context.measure(caseName(compression, rows), () =>
          measureOnce(context, samples.bytes, batches, compression),
        );
    }
  },
};
