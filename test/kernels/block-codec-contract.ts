import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Random } from "../ring/random.ts";
import { GuardedMemory } from "./guarded-memory.ts";
import { narrowNoise, noise, pixels, repeating, words } from "./sample-bytes.ts";

/** What the two block codecs have in common, and what they are held against. */
export type BlockCodec = {
  readonly name: string;
  readonly compress: Kernels["lz4Compress"];
  readonly decompress: Kernels["lz4Decompress"];
  /** Another decoder; throws on damage. */
  readonly plainDecode: (block: Uint8Array, capacity: number) => Uint8Array;
};

const largestBytes = 200_000;
/** More than either codec makes of so many bytes. */
const roomFor = (length: number): number => length + Math.ceil(length / 6) + 64;

/** Tests that each block codec has to pass; `of` picks it from the kernels. */
export function testBlockCodec(of: (kernels: Kernels) => BlockCodec): void {
  const memory = new GuardedMemory(roomFor(largestBytes), roomFor(largestBytes));
  const { name, compress, decompress, plainDecode } = of(memory.kernels);

  function compressed(bytes: Uint8Array, capacity = roomFor(bytes.length)): Uint8Array {
    const { returned, target } = memory.run(bytes, capacity, (at) =>
      compress(at.source, bytes.length, at.target, capacity, at.scratch),
    );
    return target.subarray(0, returned);
  }

  function decompressed(block: Uint8Array, capacity: number): Uint8Array | undefined {
    const { returned, target } = memory.run(block, capacity, (at) =>
      decompress(at.source, block.length, at.target, capacity),
    );
    return returned < 0 ? undefined : target.subarray(0, returned);
  }

  function plain(block: Uint8Array, capacity: number): Uint8Array | undefined {
    try {
      return plainDecode(block, capacity);
    } catch {
      return undefined;
    }
  }

  function checkBothWays(bytes: Uint8Array, what: string): Uint8Array {
    const block = compressed(bytes);
    assert.ok(block.length > 0, what);
    assert.ok(Buffer.from(bytes).equals(plainDecode(block, bytes.length)), `${what}: the plain decoder`);
    assert.ok(Buffer.from(bytes).equals(decompressed(block, bytes.length)!), `${what}: our decoder`);
    return block;
  }

  const kinds: { readonly [kind: string]: (length: number) => Uint8Array } = {
    zeros: (length) => new Uint8Array(length),
    noise: (length) => noise(length, length),
    "narrow noise": (length) => narrowNoise(length, length),
    pixels: (length) => pixels(length, length),
    words: (length) => words(length, length),
    "runs of one byte": (length) => repeating(length, 1, length),
    "repetitions at 3 bytes": (length) => repeating(length, 3, length),
    "repetitions at 16 bytes": (length) => repeating(length, 16, length),
  };
  for (const [kind, make] of Object.entries(kinds))
    test(`${name} gives ${kind} back at every size, and touches nothing else`, () => {
      for (let length = 0; length <= 300; length++) checkBothWays(make(length), `${length} bytes of ${kind}`);
      for (let around = -20; around <= 20; around++)
        checkBothWays(make(65_536 + around), `${65_536 + around} bytes of ${kind}`);
      for (const length of [131_072, 131_073, 199_999])
        checkBothWays(make(length), `${length} bytes of ${kind}`);
    });

  test(`${name} gives repetitions at any distance back`, () => {
    for (let offset = 1; offset <= 40; offset++)
      for (let seed = 0; seed < 4; seed++)
        checkBothWays(repeating(3000, offset, seed), `repetitions at ${offset} bytes`);
    for (const offset of [255, 256, 2047, 2048, 2049, 32_768, 65_534, 65_535, 65_536, 65_537])
      checkBothWays(repeating(150_000, offset, offset), `repetitions at ${offset} bytes`);
  });

  test(`${name} gives back what repeats just before the end`, () => {
    for (let fresh = 4; fresh <= 40; fresh++)
      for (let copied = 1; copied <= Math.min(fresh, 30); copied++) {
        const first = noise(fresh, fresh);
        checkBothWays(Buffer.concat([first, first.subarray(0, copied)]), `${copied} of ${fresh} bytes again`);
      }
  });

  test(`${name} gives back long literals between long runs`, () => {
    for (const literals of [14, 15, 16, 59, 60, 61, 255, 256, 257, 269, 270, 271, 524, 525, 65_535, 65_536])
      for (const run of [18, 19, 20, 64, 67, 68, 273, 274, 275, 70_000]) {
        const fresh = noise(literals, literals + run);
        const bytes = Buffer.concat([fresh, Buffer.alloc(run, 7), fresh.subarray(0, 300)]);
        checkBothWays(bytes, `${literals} literals and a run of ${run}`);
      }
  });

  test(`${name} makes zeros and pixels smaller, and noise hardly larger`, () => {
    assert.ok(compressed(new Uint8Array(100_000)).length < 5000);
    assert.ok(compressed(pixels(100_000, 1)).length < 80_000);
    assert.ok(compressed(noise(100_000, 1)).length < 100_500);
  });

  test(`${name} uses a target of exactly the size of the block, and says 0 for any smaller one`, () => {
    for (const make of Object.values(kinds))
      for (const length of [0, 1, 5, 12, 13, 14, 20, 33, 64, 100, 301, 500, 2000]) {
        const bytes = make(length);
        const block = compressed(bytes);
        for (let capacity = Math.max(0, block.length - 40); capacity < block.length; capacity++)
          assert.equal(compressed(bytes, capacity).length, 0, `${length} bytes into ${capacity}`);
        for (let more = 0; more < 40; more++)
          assert.deepEqual(compressed(bytes, block.length + more), block, `${more} bytes to spare`);
      }
  });

  test(`${name} refuses to decode into less than what is in the block`, () => {
    for (const make of Object.values(kinds))
      for (const length of [1, 17, 100, 301, 2000]) {
        const block = compressed(make(length));
        for (let less = 1; less <= Math.min(length, 40); less++)
          assert.equal(decompressed(block, length - less), undefined, `${length} bytes, ${less} too few`);
        for (let more = 0; more < 40; more++)
          assert.deepEqual(decompressed(block, length + more), make(length), `${more} bytes to spare`);
      }
  });

  test(`${name} refuses every block that was cut off, as the plain decoder does`, () => {
    for (const make of Object.values(kinds)) {
      const block = compressed(make(700));
      for (let length = 0; length < block.length; length++) {
        const cut = block.subarray(0, length);
        assert.deepEqual(decompressed(cut, 700), plain(cut, 700), `${length} of ${block.length} bytes`);
      }
    }
  });

  test(`${name} decodes 6000 damaged blocks as the plain decoder does, or refuses them as it does`, () => {
    const random = new Random(77);
    const originals = Object.values(kinds).flatMap((make) =>
      [40, 400, 3000].map((length) => ({ length, block: compressed(make(length)) })),
    );
    let refused = 0;
    for (let round = 0; round < 6000; round++) {
      const { length, block } = random.pick(originals);
      const damaged = block.slice();
      for (let change = random.integer(1, 4); change > 0; change--) {
        const at = random.chance(0.5) ? random.integer(0, damaged.length - 1) : random.integer(0, 3);
        if (at < damaged.length)
          damaged[at] = random.chance(0.3) ? random.pick([0, 1, 255, 15, 240]) : random.integer(0, 255);
      }
      const capacity = random.chance(0.2) ? random.integer(0, length * 2) : length;
      const expected = plain(damaged, capacity);
      if (expected === undefined) refused++;
      const found = decompressed(damaged, capacity);
      assert.deepEqual(found, expected, `round ${round}`);
    }
    assert.ok(refused > 1000 && refused < 5900, `${refused} were refused`);
  });

  test(`${name} decodes or refuses rubbish as the plain decoder does`, () => {
    for (let seed = 0; seed < 3000; seed++) {
      const rubbish = noise(seed % 97, seed);
      assert.deepEqual(decompressed(rubbish, 500), plain(rubbish, 500), `seed ${seed}`);
    }
  });
}
