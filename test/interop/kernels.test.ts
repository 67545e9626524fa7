import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { GuardedMemory } from "../kernels/guarded-memory.ts";
import { noise, pixels, repeating } from "../kernels/sample-bytes.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "kernel_peers.py");

type Request = {
  readonly operation: string;
  readonly input: Uint8Array;
  readonly arguments: readonly number[];
};

function askPeers(requests: readonly object[]): (string | null)[] {
  try {
    return JSON.parse(
      execFileSync(python, [script], {
        input: JSON.stringify(requests),
        encoding: "utf8",
        maxBuffer: 2 ** 26,
        stdio: ["pipe", "pipe", "inherit"],
      }),
    ) as (string | null)[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const known = askPeers([]);

function without(operation: string): string | false {
  return known.includes(operation)
    ? false
    : `${python} has no ${operation.split(".")[0]}; set PYTHON to one that has`;
}

const folder = mkdtempSync(join(tmpdir(), "daq-kernels-interop-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a peer makes of each input; fails when it cannot. */
function run(requests: readonly Request[]): Uint8Array[] {
  const asked = requests.map((request, at) => {
    const input = join(folder, `${at}.in`);
    writeFileSync(input, request.input);
    return { ...request, input, output: join(folder, `${at}.out`) };
  });
  const problems = askPeers(asked);
  return asked.map(({ operation, output }, at) => {
    assert.equal(problems[at], null, `${operation} of ${requests[at]!.input.length} bytes`);
    return new Uint8Array(readFileSync(output));
  });
}

const largestBytes = 1_200_000;
const memory = new GuardedMemory(largestBytes, largestBytes);
const { kernels } = memory;

const aroundFragments = [65_519, 65_535, 65_536, 65_537, 65_551, 131_072, 200_001];
const blocks: readonly Uint8Array[] = [
  ...[1, 2, 5, 11, 12, 13, 14, 15, 16, 17, 31, 32, 33, 64, 100, 255, 300, ...aroundFragments].flatMap(
    (length) => [new Uint8Array(length), noise(length, length), pixels(length, length)],
  ),
  ...Array.from({ length: 20 }, (_, at) => repeating(20_000, at + 1, at)),
  ...[2047, 2048, 65_534, 65_535, 65_536, 65_537].map((offset) => repeating(200_000, offset, offset)),
  pixels(1_000_000, 9),
  new Uint8Array(1_000_000),
];

const codecs = [
  { name: "lz4", compress: kernels.lz4Compress, decompress: kernels.lz4Decompress },
  { name: "snappy", compress: kernels.snappyCompress, decompress: kernels.snappyDecompress },
] as const;

for (const { name, compress, decompress } of codecs)
  for (const library of ["imagecodecs", "pyarrow"]) {
    const skip = without(`${library}.${name}.decode`);
    describe(`${name} and ${library}`, { skip }, () => {
      test(`${library} decodes every block of ours`, () => {
        const requests = blocks.map((bytes) => {
          const { returned, target } = memory.run(bytes, largestBytes, (at) =>
            compress(at.source, bytes.length, at.target, largestBytes, at.scratch),
          );
          assert.ok(returned > 0);
          return {
            operation: `${library}.${name}.decode`,
            input: target.subarray(0, returned),
            arguments: [bytes.length],
          };
        });
        for (const [at, decoded] of run(requests).entries())
          assert.ok(Buffer.from(decoded).equals(blocks[at]!), `block ${at} of ${blocks[at]!.length} bytes`);
      });

      test(`we decode every block of ${library}'s`, () => {
        const requests = blocks.map((input) => ({
          operation: `${library}.${name}.encode`,
          input,
          arguments: [input.length],
        }));
        for (const [number, block] of run(requests).entries()) {
          const expected = blocks[number]!;
          const { returned, target } = memory.run(block, expected.length, (at) =>
            decompress(at.source, block.length, at.target, expected.length),
          );
          assert.equal(returned, expected.length, `block ${number} of ${expected.length} bytes`);
          assert.ok(Buffer.from(target).equals(expected), `block ${number} of ${expected.length} bytes`);
        }
      });
    });
  }

type Filtered = { readonly elementBytes: number; readonly bytes: Uint8Array };

function elements(elementSizes: readonly number[], counts: readonly number[]): Filtered[] {
  return elementSizes.flatMap((elementBytes) =>
    counts.map((count) => ({ elementBytes, bytes: noise(count * elementBytes, count + elementBytes) })),
  );
}

test("HDF5's shuffle filter writes and reads what ours does", {
  skip: without("h5py.shuffle.encode"),
}, () => {
  // HDF5 leaves elements of one byte alone.
  const inputs = elements([2, 3, 4, 8, 12, 16], [1, 7, 15, 16, 17, 33, 1000, 4096, 65_537]);
  const request = (operation: string) => (input: Uint8Array, at: number) => ({
    operation,
    input,
    arguments: [inputs[at]!.elementBytes],
  });
  const ours = inputs.map(
    ({ elementBytes, bytes }) =>
      memory.run(bytes, bytes.length, (at) =>
        kernels.shuffle(elementBytes, at.source, bytes.length, at.target),
      ).target,
  );
  const theirs = run(inputs.map(({ bytes }, at) => request("h5py.shuffle.encode")(bytes, at)));
  const back = run(ours.map(request("h5py.shuffle.decode")));
  for (const [at, { elementBytes, bytes }] of inputs.entries()) {
    const what = `${bytes.length} bytes in elements of ${elementBytes}`;
    assert.ok(Buffer.from(ours[at]!).equals(theirs[at]!), what);
    assert.ok(Buffer.from(back[at]!).equals(bytes), what);
  }
});

test("the bitshuffle library lays bits as ours does", {
  skip: without("imagecodecs.bitshuffle.encode"),
}, () => {
  const inputs = elements([1, 2, 4, 8], [8, 16, 120, 128, 136, 256, 1024, 2048, 4096, 8192, 8200, 100_000]);
  const request = (operation: string) => (input: Uint8Array, at: number) => {
    const { elementBytes, bytes } = inputs[at]!;
    return { operation, input, arguments: [elementBytes, bytes.length / elementBytes] };
  };
  const ours = inputs.map(
    ({ elementBytes, bytes }) =>
      memory.run(bytes, bytes.length, (at) =>
        kernels.bitshuffle(elementBytes, at.source, bytes.length / elementBytes, at.target, at.scratch),
      ).target,
  );
  const theirs = run(inputs.map(({ bytes }, at) => request("imagecodecs.bitshuffle.encode")(bytes, at)));
  const back = run(ours.map(request("imagecodecs.bitshuffle.decode")));
  for (const [at, { elementBytes, bytes }] of inputs.entries()) {
    const what = `${bytes.length} bytes in elements of ${elementBytes}`;
    assert.ok(Buffer.from(ours[at]!).equals(theirs[at]!), what);
    assert.ok(Buffer.from(back[at]!).equals(bytes), what);
  }
});

const checksums = [
  { operation: "zlib.adler32", of: kernels.adler32, seed: 1 },
  { operation: "isa-l.crc32c", of: kernels.crc32c, seed: 0 },
] as const;

for (const { operation, of, seed } of checksums)
  test(`${operation} is ours for every input`, { skip: without(operation) }, () => {
    const found = run(blocks.map((input) => ({ operation, input, arguments: [] })));
    for (const [number, bytes] of blocks.entries()) {
      const { returned } = memory.run(bytes, 0, (at) => of(seed, at.source, bytes.length));
      assert.equal(returned, Number(Buffer.from(found[number]!).toString()), `${bytes.length} bytes`);
    }
  });
