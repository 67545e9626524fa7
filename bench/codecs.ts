import type { EncodeStep } from "../src/bytes/compress/codec.ts";
import { type Block, WorkerPool } from "../src/bytes/pool/worker-pool.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";

type Input = "frames8" | "frames16" | "samples";

const elementBytes: { readonly [name in Input]: number } = { frames8: 1, frames16: 2, samples: 8 };

function pipelines(size: number): { readonly [name: string]: readonly EncodeStep[] } {
  const shuffle = { codec: "shuffle", elementBytes: size } as const;
  const bits = { codec: "hdf5-bitshuffle", elementBytes: size } as const;
  const blosc = { codec: "blosc", elementBytes: size, level: 5 } as const;
  return {
    copy: [],
    shuffle: [shuffle],
    bitshuffle: [{ codec: "bitshuffle", elementBytes: size }],
    lz4: [{ codec: "lz4-block" }],
    "lz4-frame": [{ codec: "lz4-frame" }],
    snappy: [{ codec: "snappy" }],
    "zstd-1": [{ codec: "zstd", level: 1 }],
    "zlib-1": [{ codec: "zlib", level: 1 }],
    "zlib-5": [{ codec: "zlib", level: 5 }],
    "shuffle-lz4": [shuffle, { codec: "lz4-block" }],
    "shuffle-zstd-1": [shuffle, { codec: "zstd", level: 1 }],
    "shuffle-zlib-1": [shuffle, { codec: "zlib", level: 1 }],
    "shuffle-zlib-5": [shuffle, { codec: "zlib", level: 5 }],
    "bitshuffle-lz4": [{ ...bits, inner: "lz4" }],
    "blosc-lz4-shuffle": [{ ...blosc, inner: "lz4", shuffle: "byte" }],
    "blosc-lz4-bitshuffle": [{ ...blosc, inner: "lz4", shuffle: "bit" }],
    "blosc-zstd-bitshuffle": [{ ...blosc, inner: "zstd", shuffle: "bit", level: 1 }],
  };
}

const inputs = Object.keys(elementBytes) as Input[];
const workerCounts = [1, 2] as const;
const sampleChunkBytes = 1 << 20;
const inputBytes = 64 << 20;
const quickBytes = 4 << 20;
const memoryBytes = 256 << 20;

function caseName(input: Input, pipeline: string, workers: number): string {
  return `codecs/${input}/${pipeline}/${workers}-worker${workers === 1 ? "" : "s"}`;
}

async function chunksOf(context: BenchmarkContext, input: Input): Promise<readonly Uint8Array[]> {
  let chunks: readonly Uint8Array[];
  if (input === "samples") {
    const { columns } = await context.input.samples();
    // The columns by turns, as a table's chunks come.
    const perColumn = Math.floor(columns[0]!.byteLength / sampleChunkBytes);
    chunks = Array.from({ length: perColumn * columns.length }, (_, index) => {
      const from = Math.floor(index / columns.length) * sampleChunkBytes;
      return columns[index % columns.length]!.subarray(from, from + sampleChunkBytes);
    });
  } else chunks = (await context.input[input]()).frames;
  const count = Math.floor((context.quick ? quickBytes : inputBytes) / chunks[0]!.byteLength);
  return chunks.slice(0, Math.max(count, 1));
}

/** All chunks, a few at a time, as a writer does that gives results back when they are on the disk. */
async function encodeAll(
  pool: WorkerPool,
  blocks: readonly Block[],
  chunkBytes: number,
  steps: readonly EncodeStep[],
): Promise<Figures> {
  const start = performance.now();
  let encodedBytes = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < blocks.length) {
      const { block, length } = await pool.encode(blocks[next++]!, chunkBytes, steps);
      encodedBytes += length;
      pool.give(block);
    }
  };
  await Promise.all(Array.from({ length: pool.workers * 3 }, work));
  const bytes = blocks.length * chunkBytes;
  const seconds = (performance.now() - start) / 1000;
  return { mb_per_s: bytes / 1e6 / seconds, size_ratio: encodedBytes / bytes };
}

export const codecs: Benchmark = {
  name: "codecs",
  question: "How fast do the workers compress, with one and with two of them?",
  cases: inputs.flatMap((input) =>
    Object.keys(pipelines(1)).flatMap((name) => workerCounts.map((count) => caseName(input, name, count))),
  ),

  async run(context) {
    for (const workers of workerCounts)
      for (const input of inputs) {
        const steps = Object.entries(pipelines(elementBytes[input]));
        if (!steps.some(([name]) => context.wants(caseName(input, name, workers)))) continue;
        const chunks = await chunksOf(context, input);
        const pool = await WorkerPool.start({ workers, memoryBytes });
        const blocks: Block[] = [];
        for (const chunk of chunks) {
          const block = await pool.take(chunk.byteLength);
          block.bytes.set(chunk);
          blocks.push(block);
        }
        for (const [name, pipeline] of steps)
          await context.measure(caseName(input, name, workers), () =>
            encodeAll(pool, blocks, chunks[0]!.byteLength, pipeline),
          );
        await pool.close();
      }
  },
};
