import { join } from "node:path";
import { openBlockingFileSink } from "../src/bytes/file-sink.ts";
import type { FormatOptions } from "../src/formats/contract.ts";
import { createRunFile } from "../src/formats/hdf5/open-run-file.ts";
import type { Batch } from "../src/model/batch.ts";
import type { StreamSchema } from "../src/model/stream-schema.ts";
import { benchRunInfo } from "./harness/bench-run-info.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { timeWriting } from "./harness/written-file.ts";
import { frameBatches, losslessLedger } from "./input/frame-batches.ts";
import { peerSchema, sampleBatches } from "./input/sample-stream.ts";

/** The peers' names of the settings, and ours: theirs shuffle only where they say so. */
const settings: Readonly<Record<string, { compression: string; compressionLevel?: number }>> = {
  none: { compression: "none" },
  "gzip-1": { compression: "gzip-without-shuffle", compressionLevel: 1 },
  "gzip-5": { compression: "gzip-without-shuffle", compressionLevel: 5 },
  "gzip-5-shuffle": { compression: "gzip", compressionLevel: 5 },
  "blosc-lz4-bitshuffle": { compression: "blosc-lz4-bitshuffle", compressionLevel: 5 },
};

const cases = {
  frames8: ["none", "gzip-1", "gzip-5", "blosc-lz4-bitshuffle"],
  frames16: ["none", "gzip-1", "gzip-5", "gzip-5-shuffle", "blosc-lz4-bitshuffle"],
  samples: ["none", "gzip-5", "gzip-5-shuffle"],
} as const;

type Input = keyof typeof cases;

/** Rows of a chunk, as the peers have it. */
const chunkRows: Readonly<Record<Input, number>> = { frames8: 1, frames16: 1, samples: 65_536 };
const quickRows = 200_000;
const quickFrames = 4;

function caseName(input: Input, setting: string): string {
  return `hdf5/${input}/${setting}`;
}

async function writeFile(
  path: string,
  stream: StreamSchema,
  batches: readonly Batch[],
  options: FormatOptions,
): Promise<void> {
  const sink = await openBlockingFileSink(path);
  const run = { info: benchRunInfo(), streams: [stream] };
  const writer = await createRunFile(sink, run, { ...options, index: "none" });
  for (const batch of batches) await writer.append(batch);
  await writer.close(losslessLedger(stream.name, batches));
}

function measureOnce(
  context: BenchmarkContext,
  input: Input,
  setting: string,
  stream: StreamSchema,
  batches: readonly Batch[],
): Promise<Figures> {
  const path = join(context.target, "bench.h5");
  const bytes = batches.reduce(
    (sum, { columns }) => sum + columns.reduce((all, column) => all + column.bytes.byteLength, 0),
    0,
  );
  const options = { ...settings[setting]!, durability: "process", chunkRows: chunkRows[input] } as const;
  return timeWriting(bytes, [path], async () => {
    await writeFile(path, stream, batches, options);
    return undefined;
  });
}

async function inputOf(
  context: BenchmarkContext,
  input: Input,
): Promise<{ stream: StreamSchema; batches: readonly Batch[] }> {
  if (input === "samples") {
    const samples = await context.input.samples(context.quick ? quickRows : undefined);
    return { stream: peerSchema, batches: sampleBatches(samples, peerSchema, chunkRows.samples) };
  }
  const frames = await (input === "frames8" ? context.input.frames8() : context.input.frames16());
  const count = context.quick ? quickFrames : frames.frames.length;
  return { stream: frames.schema, batches: frameBatches(frames, count) };
}

export const hdf5Writer: Benchmark = {
  name: "hdf5-writer",
  question: "How fast is the HDF5 writer alone, beside libhdf5?",
  cases: (Object.keys(cases) as Input[]).flatMap((input) => cases[input].map((s) => caseName(input, s))),

  async run(context) {
    for (const input of Object.keys(cases) as Input[]) {
      const wanted = cases[input].filter((setting) => context.wants(caseName(input, setting)));
      if (wanted.length === 0) continue;
      const { stream, batches } = await inputOf(context, input);
      for (const setting of wanted)
        await context.measure(caseName(input, setting), () =>
          measureOnce(context, input, setting, stream, batches),
        );
    }
  },
};
