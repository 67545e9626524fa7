import type { Kernels } from "../src/kernels/kernels.ts";
import { reservedBytes, scratchBytes } from "../src/kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../src/kernels/load-kernels.ts";
import type { Benchmark, Figures } from "./harness/benchmark.ts";

/** One camera frame of 16-bit pixels, again and again: what the caches do not hold, the kernels find in memory. */
const inputBytes = 8 * 2 ** 20;
/** Each run goes on for so long. */
const runMs = 250;
/** What Blosc and the bitshuffle library take at once. */
const bitshuffleBlockBytes = 8192;

/** Where things lie in the kernels' memory. A block of any codec fits between two of them. */
const slotBytes = 2 * inputBytes;
const source = reservedBytes + scratchBytes;
const scratch = reservedBytes;
const encoded = source + slotBytes;
const decoded = encoded + slotBytes;
const memoryBytes = decoded + slotBytes;

/** One pass over the input; returns the bytes it made of it, 0 where that says nothing. */
type Pass = (kernels: Kernels) => number;

function filter(run: (kernels: Kernels) => void): Pass {
  return (kernels) => {
    run(kernels);
    return 0;
  };
}

type BlockFilter = "bitshuffle" | "bitunshuffle";

function inBlocks(name: BlockFilter, elementBytes: number): Pass {
  const elements = bitshuffleBlockBytes / elementBytes;
  return filter((kernels) => {
    for (let at = 0; at < inputBytes; at += bitshuffleBlockBytes)
      kernels[name](elementBytes, source + at, elements, encoded + at, scratch);
  });
}

function passes(): { readonly [name: string]: Pass } {
  const found: { [name: string]: Pass } = {
    // Elements of one byte are copied.
    copy: filter((kernels) => kernels.shuffle(1, source, inputBytes, encoded)),
    adler32: filter((kernels) => kernels.adler32(1, source, inputBytes)),
    crc32c: filter((kernels) => kernels.crc32c(0, source, inputBytes)),
  };
  for (const size of [2, 4, 8, 16]) {
    found[`shuffle-${size}`] = filter((kernels) => kernels.shuffle(size, source, inputBytes, encoded));
    found[`unshuffle-${size}`] = filter((kernels) => kernels.unshuffle(size, source, inputBytes, encoded));
  }
  for (const size of [1, 2, 4, 8]) {
    found[`bitshuffle-${size}`] = inBlocks("bitshuffle", size);
    found[`bitunshuffle-${size}`] = inBlocks("bitunshuffle", size);
  }
  return found;
}

const compressors = ["lz4Compress", "snappyCompress", "deflateFast"] as const;
const decompressors = { lz4Compress: "lz4Decompress", snappyCompress: "snappyDecompress" } as const;
const names = { lz4Compress: "lz4", snappyCompress: "snappy", deflateFast: "deflate-fast" } as const;
const inputs = ["raw", "shuffled"] as const;

const filters = passes();
const caseOf = (kernel: string, input?: string): string =>
  `kernels/${kernel}${input === undefined ? "" : `/${input}`}`;

/** A pass that decodes gives the input's bytes, and says so when it does not. */
function decoding(name: "lz4Decompress" | "snappyDecompress", length: number): Pass {
  return (kernels) => {
    if (kernels[name](encoded, length, decoded, inputBytes) !== inputBytes)
      throw new Error(`${name} does not give back what was compressed`);
    return 0;
  };
}

export const kernelRates: Benchmark = {
  name: "kernels",
  question: "How fast is each kernel, in one thread?",
  cases: [
    ...Object.keys(filters).map((name) => caseOf(name)),
    ...compressors.flatMap((compress) =>
      inputs.flatMap((input) => [
        caseOf(names[compress], input),
        ...(compress in decompressors ? [caseOf(`${names[compress]}-decode`, input)] : []),
      ]),
    ),
  ],

  async run(context) {
    const memory = createKernelMemory(memoryBytes);
    const bytes = new Uint8Array(memory.buffer);
    const kernels = instantiateKernels(compileKernels(), memory);
    const { frames } = await context.input.frames16();
    bytes.set(frames[0]!.subarray(0, inputBytes), source);

    const measure = (name: string, pass: Pass): Promise<void> =>
      context.measure(name, async (): Promise<Figures> => {
        let count = 0;
        let encodedBytes = 0;
        const start = performance.now();
        do {
          encodedBytes = pass(kernels);
          count++;
        } while (!context.quick && performance.now() - start < runMs);
        const seconds = (performance.now() - start) / 1000;
        const rate = { mb_per_s: (count * inputBytes) / 1e6 / seconds };
        return encodedBytes === 0 ? rate : { ...rate, size_ratio: encodedBytes / inputBytes };
      });

    for (const [name, pass] of Object.entries(filters)) await measure(caseOf(name), pass);
    for (const input of inputs) {
      if (input === "shuffled") {
        kernels.shuffle(2, source, inputBytes, encoded);
        bytes.copyWithin(source, encoded, encoded + inputBytes);
      }
      for (const compress of compressors) {
        const pass: Pass = (on) => on[compress](source, inputBytes, encoded, slotBytes, scratch);
        await measure(caseOf(names[compress], input), pass);
        if (compress === "deflateFast") continue;
        const name = caseOf(`${names[compress]}-decode`, input);
        if (context.wants(name)) await measure(name, decoding(decompressors[compress], pass(kernels)));
      }
    }
  },
};
