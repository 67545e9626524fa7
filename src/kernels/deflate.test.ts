import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { deflateInputs, fibonacciBytes } from "../../test/kernels/deflate-inputs.ts";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { noise, pixels, repeating, words } from "../../test/kernels/sample-bytes.ts";
import { reservedBytes, scratchBytes } from "./kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "./load-kernels.ts";

const largestBytes = 1_200_000;
const memory = new GuardedMemory(largestBytes, largestBytes);
const { kernels } = memory;

/** No stream is longer. */
function storedBytes(length: number): number {
  return length + 5 * Math.max(1, Math.ceil(length / 65_535));
}

type Deflate = typeof kernels.deflateFast;

const variants: readonly { readonly name: string; readonly deflate: Deflate }[] = [
  { name: "fast", deflate: kernels.deflateFast },
  ...[2, 5, 9].map((level) => ({
    name: `dense ${level}`,
    deflate: ((...areas) => kernels.deflateDense(...areas, level)) satisfies Deflate,
  })),
];

for (const { name, deflate } of variants) {
  const compress = (bytes: Uint8Array, capacity = storedBytes(bytes.length)): Uint8Array => {
    const { returned, target } = memory.run(bytes, capacity, (at) =>
      deflate(at.source, bytes.length, at.target, capacity, at.scratch),
    );
    return target.subarray(0, returned);
  };
  const check = (bytes: Uint8Array, what: string): Uint8Array => {
    const stream = compress(bytes);
    assert.ok(stream.length > 0, what);
    assert.ok(inflateRawSync(stream).equals(bytes), what);
    return stream;
  };

  test(`${name}: zlib inflates every length to the same bytes, and every capacity is kept`, () => {
    for (let length = 0; length <= 600; length++) {
      const inputs = [
        new Uint8Array(length),
        noise(length, length),
        pixels(length, 1),
        words(length, length),
      ];
      for (const [kind, bytes] of inputs.entries()) {
        const stream = check(bytes, `${length} bytes of kind ${kind}`);
        if (length % 5 > 0) continue;
        assert.deepEqual(compress(bytes, stream.length), stream, "a capacity of just its length");
        assert.equal(compress(bytes, stream.length - 1).length, 0, "one byte less");
        assert.deepEqual(compress(bytes, stream.length + 7), stream, "seven bytes more");
      }
    }
  });

  test(`${name}: zlib inflates adversarial input to the same bytes`, () => {
    for (const { name: what, bytes } of deflateInputs()) check(bytes, what);
  });

  test(`${name}: whatever the capacity, a large stream fits or nothing is returned`, () => {
    const bytes = Buffer.concat([noise(70_000, 1), pixels(90_000, 2), new Uint8Array(70_000), noise(3, 3)]);
    const stream = check(bytes, "mixed");
    for (const capacity of [
      0,
      1,
      2,
      5,
      65_540,
      65_541,
      70_001,
      100_000,
      stream.length - 9,
      stream.length - 1,
    ])
      assert.equal(compress(bytes, capacity).length, 0, `${capacity} bytes`);
    for (let more = 0; more < 12; more++) assert.deepEqual(compress(bytes, stream.length + more), stream);
  });

  test(`${name}: what cannot be compressed takes no more than stored blocks`, () => {
    for (const length of [0, 1, 100, 65_534, 65_535, 65_536, 131_070, 131_071, 262_144, 1_000_000]) {
      const stream = check(noise(length, 7), `${length} bytes of noise`);
      assert.ok(stream.length <= storedBytes(length), `${stream.length} for ${length} bytes`);
    }
  });

  test(`${name}: zeros take the longest matches`, () => {
    for (const length of [258, 259, 260, 516, 70_000, 1_000_000]) {
      const stream = check(new Uint8Array(length), `${length} zeros`);
      assert.ok(stream.length < 30 + length / 500, `${stream.length} for ${length} zeros`);
    }
  });

  test(`${name}: a match 32,768 bytes back is found, and none farther is made`, () => {
    const piece = noise(64, 1);
    const lengthAt = (distance: number) => {
      const between = new Uint8Array(distance - piece.length);
      return check(Buffer.concat([piece, between, piece, noise(50, 2)]), `${distance} bytes back`).length;
    };
    const within = lengthAt(32_768);
    assert.ok(Math.abs(within - lengthAt(32_767)) < 20);
    assert.ok(lengthAt(32_769) > within + 40);
  });

  test(`${name}: no code is longer than a decoder takes`, () => {
    const bytes = fibonacciBytes();
    const stream = check(bytes, "Fibonacci frequencies");
    assert.ok(stream.length < bytes.length / 2, "it has codes of its own");
  });

  test(`${name}: random mixtures come back`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const parts = [
        noise((seed * 977) % 9000, seed),
        repeating((seed * 7919) % 60_000, 1 + ((seed * 31) % 3000), seed),
        pixels((seed * 5501) % 40_000, seed),
        new Uint8Array((seed * 401) % 20_000).fill(seed),
        words((seed * 7013) % 60_000, seed),
      ];
      check(Buffer.concat(parts.sort((a, b) => (a.length % 7) - (b.length % 7))), `seed ${seed}`);
    }
  });
}

const zlibLevels = [
  { name: "fast", deflate: kernels.deflateFast, level: 1, atMost: 1.1 },
  { name: "dense 5", deflate: variants[2]!.deflate, level: 5, atMost: 1.05 },
] as const;

for (const { name, deflate, level, atMost } of zlibLevels)
  test(`${name}: pixels of even noise take at most ${atMost} times what zlib's level ${level} does`, () => {
    const frame = pixels(640 * 480 * 2, 11);
    const low = frame.filter((_, at) => at % 2 === 0);
    const high = frame.filter((_, at) => at % 2 === 1);
    for (const bytes of [frame, Buffer.concat([low, high])]) {
      const { returned } = memory.run(bytes, largestBytes, (at) =>
        deflate(at.source, bytes.length, at.target, largestBytes, at.scratch),
      );
      const theirs = deflateRawSync(bytes, { level }).length;
      assert.ok(returned <= atMost * theirs, `${returned} bytes, zlib ${theirs}`);
    }
  });

test("denser levels make smaller streams", () => {
  const bytes = Buffer.concat([words(200_000, 5), pixels(200_000, 5)]);
  const lengths = [2, 5, 9].map(
    (level) =>
      memory.run(bytes, largestBytes, (at) =>
        kernels.deflateDense(at.source, bytes.length, at.target, largestBytes, at.scratch, level),
      ).returned,
  );
  assert.ok(lengths[0]! > lengths[1]! && lengths[1]! > lengths[2]!, lengths.join(", "));
});

test("source and target may end with the last byte that addresses reach", () => {
  const whole = createKernelMemory(2 ** 32);
  const { deflateFast, deflateDense } = instantiateKernels(compileKernels(), whole);
  const middle = reservedBytes + scratchBytes;
  for (const bytes of [new Uint8Array(70_000), noise(70_000, 1), pixels(70_000, 2), new Uint8Array(5)]) {
    const capacity = storedBytes(bytes.length);
    for (const [source, target] of [
      [2 ** 32 - bytes.length, middle],
      [middle, 2 ** 32 - capacity],
    ] as const)
      for (const level of [0, 2, 5, 9]) {
        new Uint8Array(whole.buffer, source, bytes.length).set(bytes);
        const areas = [source, bytes.length, target, capacity, reservedBytes] as const;
        const returned = level === 0 ? deflateFast(...areas) : deflateDense(...areas, level);
        const stream = new Uint8Array(whole.buffer, target, returned).slice();
        assert.ok(inflateRawSync(stream).equals(bytes), `${bytes.length} bytes at level ${level}`);
      }
  }
});

test("an empty input is one block of fixed codes", () => {
  const { returned, target } = memory.run(new Uint8Array(0), 8, (at) =>
    kernels.deflateFast(at.source, 0, at.target, 8, at.scratch),
  );
  assert.deepEqual([...target.subarray(0, returned)], [3, 0]);
});
