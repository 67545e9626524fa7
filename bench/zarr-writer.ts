import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openBlockingFileSink } from "../src/bytes/file-sink.ts";
import type { FormatOptions } from "../src/formats/contract.ts";
import { zarrFormat } from "../src/formats/zarr/format.ts";
import type { Batch } from "../src/model/batch.ts";
import type { StreamSchema } from "../src/model/stream-schema.ts";
import { benchRunInfo } from "./harness/bench-run-info.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { timeWriting } from "./harness/written-file.ts";
import { frameBatches, losslessLedger } from "./input/frame-batches.ts";

const wholeChunks = { zarr: { shardChunks: 1 } };

/** Each frame is a chunk and a file of its own, as the peers have it; "sharded" are 64 of them in a file. */
const settings: Readonly<Record<string, Omit<FormatOptions, "durability">>> = {
  none: { compression: "none", ...wholeChunks },
  "none-sharded": { compression: "none", zarr: { shardChunks: 64 } },
  "gzip-5": { compression: "gzip", compressionLevel: 5, ...wholeChunks },
  "zstd-1": { compression: "zstd", compressionLevel: 1, ...wholeChunks },
  "zstd-1-shuffle": { compression: "blosc-zstd", compressionLevel: 1, ...wholeChunks },
  "blosc-lz4-bitshuffle": { compression: "blosc-lz4-bitshuffle", compressionLevel: 5, ...wholeChunks },
};

const cases = {
  frames8: ["none", "gzip-5", "zstd-1", "blosc-lz4-bitshuffle"],
  frames16: ["none", "none-sharded", "gzip-5", "zstd-1", "zstd-1-shuffle", "blosc-lz4-bitshuffle"],
} as const;

type Input = keyof typeof cases;

const quickFrames = 4;

function caseName(input: Input, setting: string): string {
  return `zarr/${input}/${setting}`;
}

async function writeFolder(
  path: string,
  stream: StreamSchema,
  batches: readonly Batch[],
  options: FormatOptions,
): Promise<void> {
  const run = { info: benchRunInfo(), streams: [stream] };
  const writer = await zarrFormat.create({ path, run, options, openSink: openBlockingFileSink });
  for (const batch of batches) await writer.append(batch);
  await writer.close(losslessLedger(stream.name, batches));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function measureOnce(
  context: BenchmarkContext,
  setting: string,
  stream: StreamSchema,
  batches: readonly Batch[],
): Promise<Figures> {
  const path = join(context.target, "bench.zarr");
  const bytes = batches.reduce((sum, { columns }) => sum + columns[0]!.bytes.byteLength, 0);
  const options = { ...settings[setting]!, durability: "process" } as const;
  const files: string[] = [];
  try {
    return await timeWriting(bytes, files, async () => {
      await writeFolder(path, stream, batches, options);
      files.push(...filesIn(path));
      return undefined;
    });
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

export const zarrWriter: Benchmark = {
  name: "zarr-writer",
  question: "How fast is the Zarr writer alone, beside tensorstore?",
  cases: (Object.keys(cases) as Input[]).flatMap((input) => cases[input].map((s) => caseName(input, s))),

  async run(context) {
    for (const input of Object.keys(cases) as Input[]) {
      const wanted = cases[input].filter((setting) => context.wants(caseName(input, setting)));
      if (wanted.length === 0) continue;
      const frames = await (input === "frames8" ? context.input.frames8() : context.input.frames16());
      const batches = frameBatches(frames, context.quick ? quickFrames : frames.frames.length);
      for (const setting of wanted)
        await context.measure(caseName(input, setting), () =>
          measureOnce(context, setting, frames.schema, batches),
        );
    }
  },
};
