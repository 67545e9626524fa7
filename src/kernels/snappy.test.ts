import assert from "node:assert/strict";
import { test } from "node:test";
import { testBlockCodec } from "../../test/kernels/block-codec-contract.ts";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { plainSnappyDecode } from "../../test/kernels/plain-snappy.ts";
import { narrowNoise, noise } from "../../test/kernels/sample-bytes.ts";

testBlockCodec((kernels) => ({
  name: "Snappy",
  compress: kernels.snappyCompress,
  decompress: kernels.snappyDecompress,
  plainDecode: plainSnappyDecode,
}));

testBlockCodec((kernels) => ({
  name: "Snappy that passes over noise",
  compress: (source, length, target, capacity, scratch) =>
    kernels.snappyCompress(source, length, target, capacity, scratch, 1),
  decompress: kernels.snappyDecompress,
  plainDecode: plainSnappyDecode,
}));

const memory = new GuardedMemory(100_000, 200_000);
const { kernels } = memory;

function decode(block: readonly number[], capacity: number): Uint8Array | undefined {
  const { returned, target } = memory.run(Uint8Array.from(block), capacity, (at) =>
    kernels.snappyDecompress(at.source, block.length, at.target, capacity),
  );
  return returned < 0 ? undefined : target.subarray(0, returned);
}

const literal = [...Buffer.from("\x0cabcd", "latin1")];

test("Snappy reads every kind of element", () => {
  const text = (block: readonly number[]) => Buffer.from(decode(block, 200)!).toString("latin1");
  assert.equal(text([4, ...literal]), "abcd");
  assert.equal(text([8, ...literal, 0b000_000_01, 4]), "abcdabcd", "a near copy");
  assert.equal(text([6, ...literal, 0b000001_10, 3, 0]), "abcdbc", "a copy of two bytes");
  assert.equal(text([7, ...literal, 0b000010_11, 1, 0, 0, 0]), "abcdddd", "an offset of four bytes");
  for (const lengthBytes of [1, 2, 3, 4]) {
    const length = [99, 0, 0, 0].slice(0, lengthBytes);
    const block = [100, (59 + lengthBytes) << 2, ...length, ...Array(100).fill(0x61)];
    assert.equal(text(block), "a".repeat(100), `a length of ${lengthBytes} bytes`);
  }
  assert.deepEqual(decode([0], 0), new Uint8Array(0));
});

test("Snappy decodes every short element right at the end of its block and of its target", () => {
  const first = [(24 - 1) << 2, ...noise(24, 1)];
  for (let run = 1; run <= 20; run++)
    for (let copied = 1; copied <= 20; copied++)
      for (const offset of [1, 7, 15, 16, 17, 20])
        for (const literalsLast of [false, true]) {
          const copy = [((copied - 1) << 2) | 2, offset, 0];
          const literals = [(run - 1) << 2, ...noise(run, run)];
          const elements = literalsLast ? [...copy, ...literals] : [...literals, ...copy];
          const length = 24 + run + copied;
          const block = [length, ...first, ...elements];
          assert.deepEqual(decode(block, length), plainSnappyDecode(Uint8Array.from(block), length));
          assert.equal(decode(block, length - 1), undefined);
          assert.equal(decode([length - 1, ...block.slice(1)], length), undefined);
          assert.equal(decode(block.slice(0, -1), length), undefined);
        }
});

test("Snappy refuses what does not make the length in front of it", () => {
  assert.equal(decode([5, ...literal], 100), undefined, "too little");
  assert.equal(decode([3, ...literal], 100), undefined, "too much");
  assert.equal(decode([7, ...literal, 0b000_000_01, 4], 100), undefined, "a copy too long");
  assert.equal(decode([0x80, 0x80, 0x80, 0x80, 0x80, 0], 100), undefined, "a length of six bytes");
  assert.equal(decode([0xff, 0xff, 0xff, 0xff, 0x7f, ...literal], 100), undefined, "a length of 35 bits");
});

test("Snappy refuses offsets that point nowhere, and lengths that wrap around", () => {
  for (const offset of [0, 5, 255]) {
    assert.equal(decode([8, ...literal, 0b000_000_01, offset], 100), undefined);
    assert.equal(decode([8, ...literal, 0b000011_10, offset, 0], 100), undefined);
    assert.equal(decode([8, ...literal, 0b000011_11, offset, 0, 0, 0], 100), undefined);
  }
  assert.equal(decode([8, ...literal, 0b000011_11, 4, 0, 0, 0x80], 100), undefined);
  assert.equal(decode([4, 63 << 2, 255, 255, 255, 255, ...literal], 100), undefined);
  assert.equal(decode([8, 63 << 2, 254, 255, 255, 255, ...literal], 100), undefined);
});

test("what is asked to pass over noise keeps it as it is, and shrinks what shrinks as before", () => {
  const bytesOf = (bytes: Uint8Array, passesNoise: 0 | 1) => {
    const capacity = bytes.length + bytes.length / 6 + 64;
    return memory.run(bytes, capacity, (at) =>
      kernels.snappyCompress(at.source, bytes.length, at.target, capacity, at.scratch, passesNoise),
    ).returned;
  };
  const dull = narrowNoise(65_536, 1);
  assert.ok(bytesOf(dull, 0) < 0.8 * dull.length);
  assert.ok(bytesOf(dull, 1) > 0.9 * dull.length);
  const flat = new Uint8Array(65_536);
  assert.equal(bytesOf(flat, 1), bytesOf(flat, 0));
  // Noise that ends: what comes behind it is found again.
  const mixed = Uint8Array.from([...dull.subarray(0, 20_000), ...flat.subarray(0, 45_000)]);
  assert.ok(bytesOf(mixed, 1) < 20_000 + 28_672);
});
