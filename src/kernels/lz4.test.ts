import assert from "node:assert/strict";
import { test } from "node:test";
import { compressSync, uncompressSync } from "lz4-napi";
import { testBlockCodec } from "../../test/kernels/block-codec-contract.ts";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { plainLz4Decode } from "../../test/kernels/plain-lz4.ts";
import { noise, pixels, repeating } from "../../test/kernels/sample-bytes.ts";

testBlockCodec((kernels) => ({
  name: "LZ4",
  compress: kernels.lz4Compress,
  decompress: kernels.lz4Decompress,
  plainDecode: plainLz4Decode,
}));

testBlockCodec((kernels) => ({
  name: "LZ4 with acceleration",
  compress: (source, length, target, capacity, scratch) =>
    kernels.lz4Compress(source, length, target, capacity, scratch, 2),
  decompress: kernels.lz4Decompress,
  plainDecode: plainLz4Decode,
}));

const memory = new GuardedMemory(200_000, 300_000);
const { kernels } = memory;
const samples = [
  ...[0, 1, 12, 13, 100, 65_536, 150_000].flatMap((length) => [
    new Uint8Array(length),
    noise(length, 1),
    pixels(length, 2),
  ]),
  ...Array.from({ length: 20 }, (_, at) => repeating(5000, at + 1, at)),
];

function decode(block: Uint8Array, capacity: number): Uint8Array | undefined {
  const { returned, target } = memory.run(block, capacity, (at) =>
    kernels.lz4Decompress(at.source, block.length, at.target, capacity),
  );
  return returned < 0 ? undefined : target.subarray(0, returned);
}

function compress(bytes: Uint8Array, acceleration = 1): Uint8Array {
  const { returned, target } = memory.run(bytes, 300_000, (at) =>
    kernels.lz4Compress(at.source, bytes.length, at.target, 300_000, at.scratch, acceleration),
  );
  return target.subarray(0, returned);
}

/** lz4-napi has the length in front of the block, four bytes. */
const lengthBytes = 4;

test("another library decodes what LZ4 makes, with acceleration too", () => {
  for (const bytes of samples)
    for (const acceleration of [1, 5, 9]) {
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(bytes.length);
      assert.ok(uncompressSync(Buffer.concat([length, compress(bytes, acceleration)])).equals(bytes));
    }
});

test("acceleration looks at fewer places, and makes larger blocks of what has few matches", () => {
  const bytes = pixels(150_000, 2);
  const sizes = [1, 5, 9].map((acceleration) => compress(bytes, acceleration).length);
  assert.ok(sizes[0]! < sizes[1]! && sizes[1]! < sizes[2]!, `${sizes}`);
  assert.deepEqual(compress(bytes, 0), compress(bytes, 1));
});

test("LZ4 decodes what another library makes", () => {
  for (const bytes of samples) {
    const block = compressSync(Buffer.from(bytes)).subarray(lengthBytes);
    assert.deepEqual(decode(block, bytes.length), bytes);
  }
});

test("LZ4 keeps the rules for the end of a block, which older decoders depend on", () => {
  for (let length = 13; length < 200; length++) {
    const block = compress(new Uint8Array(length));
    // Token, one literal, offset, the match's length, and then the last token with its literals.
    const last = block.length - 1 - 5;
    assert.equal(block[last], 5 << 4, `${length} zeros end with five literals`);
  }
  assert.equal(compress(new Uint8Array(12)).length, 13, "too short for a match");
});

test("LZ4 reads a block that was written by hand", () => {
  const block = Uint8Array.of(0x32, 0x61, 0x62, 0x63, 3, 0, 0x50, 1, 2, 3, 4, 5);
  assert.equal(Buffer.from(decode(block, 14)!).toString("latin1"), "abcabcabc\x01\x02\x03\x04\x05");
  assert.deepEqual(decode(Uint8Array.of(0), 0), new Uint8Array(0));
});

test("LZ4 decodes every short sequence right at the end of its block and of its target", () => {
  const first = [0xf0, 1, ...noise(16, 1), 16, 0];
  for (let run = 0; run <= 15; run++)
    for (let extra = 0; extra <= 15; extra++)
      for (const offset of [1, 7, 15, 16, 17, 20])
        for (const last of [0, 1, 15]) {
          const middle = [(run << 4) | extra, ...(run === 15 ? [0] : []), ...noise(run, run), offset, 0];
          if (extra === 15) middle.push(0);
          const end = last < 15 ? [last << 4, ...noise(last, 2)] : [0xf0, 0, ...noise(15, 2)];
          const block = Uint8Array.from([...first, ...middle, ...end]);
          const length = 20 + run + extra + 4 + last;
          assert.deepEqual(decode(block, length), plainLz4Decode(block, length));
          assert.equal(decode(block, length - 1), undefined);
          assert.equal(decode(block.subarray(0, -1), length), undefined);
          assert.equal(decode(block.subarray(0, first.length + middle.length), length), undefined);
        }
});

test("LZ4 refuses offsets that point nowhere", () => {
  const withOffset = (low: number, high: number) => Uint8Array.of(0x10, 0x61, low, high, 0x50, 1, 2, 3, 4, 5);
  assert.notEqual(decode(withOffset(1, 0), 100), undefined);
  for (const block of [withOffset(0, 0), withOffset(2, 0), withOffset(0, 1), withOffset(255, 255)])
    assert.equal(decode(block, 100), undefined);
});

test("LZ4 refuses lengths that go on for ever", () => {
  const endless = new Uint8Array(150_000).fill(255);
  assert.equal(decode(endless, 300_000), undefined);
  const endlessMatch = endless.slice();
  endlessMatch.set([0x1f, 0x61, 1, 0]);
  assert.equal(decode(endlessMatch, 300_000), undefined);
});
