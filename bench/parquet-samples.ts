import { join } from "node:path";
import { openBlockingFileSink } from "../src/bytes/file-sink.ts";
import type { FormatOptions } from "../src/formats/contract.ts";
import { ParquetStreamFile } from "../src/formats/parquet/stream-file.ts";
import { TailFile } from "../src/formats/parquet/tail-file.ts";
import type { Batch } from "../src/model/batch.ts";
import type { Ledger } from "../src/model/ledger.ts";
import { benchRunInfo } from "./harness/bench-run-info.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { timeWriting } from "./harness/written-file.ts";
import { peerSchema, sampleBatches } from "./input/sample-stream.ts";

const compressions = ["none", "snappy", "zstd", "gzip", "lz4_raw"] as const;
const modes = ["", "-plain"] as const;
const batchRows = 65_536;
const quickRows = 200_000;

function caseName(compression: string, mode: string): string {
  return `parquet/samples/${compression}${mode}`;
}

async function writeFile(
  path: string,
  batches: readonly Batch[],
  compression: string,
  plain: boolean,
): Promise<void> {
  const parquet = { encoding: plain ? "plain" : "smallest" } as const;
  const options: FormatOptions = { compression, durability: "process", parquet };
  const stored = batches.reduce((sum, batch) => sum + batch.count, 0);
  const account = { stream: peerSchema.name, produced: stored, stored, lost: 0, ranges: [] };
  const ledger: Ledger = { complete: true, accounts: [account] };
  const file = await ParquetStreamFile.create(
    await openBlockingFileSink(path, { inOrder: true, aside: true }),
    {
      stream: peerSchema,
      info: benchRunInfo(),
      options,
      tail: new TailFile(path, openBlockingFileSink, false),
      index: "none",
    },
  );
  for (const batch of batches) await file.append(batch);
  await file.close(ledger);
}

function measureOnce(
  context: BenchmarkContext,
  inputBytes: number,
  batches: readonly Batch[],
  compression: string,
  plain: boolean,
): Promise<Figures> {
  const path = join(context.target, "samples.parquet");
  return timeWriting(inputBytes, [path], async () => {
    await writeFile(path, batches, compression, plain);
    return undefined;
  });
}

export const parquetSamples: Benchmark = {
  name: "parquet-samples",
  question:
    "How fast is the Parquet writer alone, and how small are its files, beside other Parquet libraries?",
  cases: compressions.flatMap((compression) => modes.map((mode) => caseName(compression, mode))),

  async run(context) {
    const names = this.cases.filter((name) => context.wants(name));
    if (names.length === 0) return;
    const samples = await context.input.samples(context.quick ? quickRows : undefined);
    const batches = sampleBatches(samples, peerSchema, batchRows);
    for (const compression of compressions)
      for (const mode of modes)
        await context.measure(caseName(compression, mode), () =>
          measureOnce(context, samples.bytes, batches, compression, mode === "-plain"),
        );
  },
};
