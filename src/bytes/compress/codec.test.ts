import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DaqError } from "../../model/errors.ts";
import { decodeBytes, type EncodeStep, encodeBytes } from "./codec.ts";
import { contents, edgeLengths, noise, picture, randomNumbers, zeros } from "./sample-bytes.test.ts";

const pipelines: { readonly [name: string]: readonly EncodeStep[] } = {
  "no steps": [],
  "shuffle of 2": [{ codec: "shuffle", elementBytes: 2 }],
  "shuffle of 8": [{ codec: "shuffle", elementBytes: 8 }],
  "shuffle of 3": [{ codec: "shuffle", elementBytes: 3 }],
  "bitshuffle of 1": [{ codec: "bitshuffle", elementBytes: 1 }],
  "bitshuffle of 8": [{ codec: "bitshuffle", elementBytes: 8 }],
  "deflate 0": [{ codec: "deflate", level: 0 }],
  "deflate 1": [{ codec: "deflate", level: 1 }],
  "zlib 3": [{ codec: "zlib", level: 3 }],
  "zlib 6": [{ codec: "zlib", level: 6 }],
  "gzip 4": [{ codec: "gzip", level: 4 }],
  "lz4-block": [{ codec: "lz4-block" }],
  "lz4-frame": [{ codec: "lz4-frame" }],
  snappy: [{ codec: "snappy" }],
  "zstd 1": [{ codec: "zstd", level: 1 }],
  "blosc lz4 byte": [{ codec: "blosc", inner: "lz4", shuffle: "byte", elementBytes: 2, level: 5 }],
  "blosc lz4 bit": [{ codec: "blosc", inner: "lz4", shuffle: "bit", elementBytes: 8, level: 5 }],
  "blosc zstd byte": [{ codec: "blosc", inner: "zstd", shuffle: "byte", elementBytes: 8, level: 1 }],
  "blosc zlib none": [{ codec: "blosc", inner: "zlib", shuffle: "none", elementBytes: 1, level: 1 }],
  "blosc 0": [{ codec: "blosc", inner: "lz4", shuffle: "byte", elementBytes: 2, level: 0 }],
  "hdf5-lz4": [{ codec: "hdf5-lz4" }],
  "hdf5-lz4 in small blocks": [{ codec: "hdf5-lz4", blockBytes: 1000 }],
  "hdf5-bitshuffle none": [{ codec: "hdf5-bitshuffle", elementBytes: 2, inner: "none" }],
  "hdf5-bitshuffle lz4": [{ codec: "hdf5-bitshuffle", elementBytes: 1, inner: "lz4" }],
  "hdf5-bitshuffle zstd": [{ codec: "hdf5-bitshuffle", elementBytes: 1, inner: "zstd", level: 1 }],
  fletcher32: [{ codec: "fletcher32" }],
  crc32c: [{ codec: "crc32c" }],
  "shuffle, zlib, fletcher32": [
    { codec: "shuffle", elementBytes: 2 },
    { codec: "zlib", level: 1 },
    { codec: "fletcher32" },
  ],
  "bitshuffle, lz4, zstd, crc32c": [
    { codec: "bitshuffle", elementBytes: 2 },
    { codec: "lz4-block" },
    { codec: "zstd", level: 1 },
    { codec: "crc32c" },
  ],
};

/** The pipelines that tell by themselves when a byte was changed. */
const withChecksum = ["fletcher32", "crc32c", "shuffle, zlib, fletcher32", "bitshuffle, lz4, zstd, crc32c"];

for (const [name, steps] of Object.entries(pipelines))
  describe(name, () => {
    test("gives back what it was given, of any length and content", () => {
      for (const [content, make] of Object.entries(contents))
        for (const length of edgeLengths) {
          const bytes = make(length);
          const before = Buffer.from(bytes);
          const encoded = encodeBytes(bytes, steps);
          assert.ok(before.equals(bytes), "the input is left as it was");
          const decoded = decodeBytes(encoded, steps, length);
          assert.ok(before.equals(decoded), `${length} bytes of ${content}`);
        }
    });

    test("damaged bytes are an error of the format or decode to as many bytes as were asked for", () => {
      const random = randomNumbers(7);
      for (const length of [40, 1000, 20_000]) {
        const bytes = picture(length);
        const encoded = encodeBytes(bytes, steps);
        for (let round = 0; round < 150; round++) {
          let damaged = Uint8Array.from(encoded);
          for (let change = random(4); change >= 0; change--)
            damaged[random(damaged.byteLength)] = random(4) === 0 ? 255 : random(256);
          if (random(4) === 0) damaged = damaged.subarray(0, random(damaged.byteLength));
          if (Buffer.from(encoded).equals(damaged)) continue;
          try {
            const decoded = decodeBytes(damaged, steps, length);
            assert.equal(decoded.byteLength, length);
            assert.ok(!withChecksum.includes(name), "a checksum finds what was changed");
          } catch (error) {
            if (!(error instanceof DaqError)) throw error;
            assert.equal(error.code, "format");
            assert.match(error.message, /is damaged: /);
          }
        }
      }
    });

    test("more or fewer bytes than it holds are an error", () => {
      const encoded = encodeBytes(picture(4096), steps);
      for (const wrong of [4097, 5000, 4095, 100, 1, 0])
        assert.throws(
          () => decodeBytes(encoded, steps, wrong),
          (error) => error instanceof DaqError && error.code === "format",
          `${wrong} bytes`,
        );
    });
  });

test("a small piece that claims to hold a lot takes no more memory than what belongs there", () => {
  const steps = [{ codec: "zlib", level: 9 }] as const;
  const bomb = encodeBytes(zeros(64 << 20), steps);
  assert.ok(bomb.byteLength < 100_000);
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 20; round++) assert.throws(() => decodeBytes(bomb, steps, 1000), /damaged/);
  assert.ok(process.memoryUsage().rss - before < 32 << 20);
});

test("noise grows by no more than each codec's own framing", () => {
  const bytes = noise(1 << 20);
  for (const [name, steps] of Object.entries(pipelines)) {
    const { byteLength } = encodeBytes(bytes, steps);
    assert.ok(byteLength <= bytes.byteLength * 1.01 + 100, `${name}: ${byteLength}`);
  }
});

test("a shared array is encoded as any other, and a part of one is only that part", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3000), 1000, 1000).fill(7);
  const encoded = encodeBytes(shared, [{ codec: "zstd", level: 1 }]);
  assert.deepEqual(decodeBytes(encoded, [{ codec: "zstd", level: 1 }], 1000), new Uint8Array(1000).fill(7));
});

test("settings that a codec does not have are refused with those that it has", () => {
  const refused: readonly (readonly [EncodeStep, RegExp])[] = [
    [{ codec: "zlib", level: 10 }, /zlib has no level 10/],
    [{ codec: "gzip", level: 1.5 }, /gzip has no level 1\.5/],
    [{ codec: "zstd", level: 0 }, /zstd has no level 0/],
    [{ codec: "shuffle", elementBytes: 0 }, /elements of 1 byte or more, not of 0/],
    [{ codec: "bitshuffle", elementBytes: 3 }, /elements of 1, 2, 4 or 8 bytes, not of 3/],
    [{ codec: "hdf5-lz4", blockBytes: 0 }, /no blocks of 0 bytes/],
    [
      { codec: "blosc", inner: "lz4", shuffle: "none", elementBytes: 300, level: 1 },
      /1 to 255 bytes, not of 300/,
    ],
    [{ codec: "hdf5-bitshuffle", elementBytes: 2, inner: "zstd", level: 40 }, /zstd has no level 40/],
    [{ codec: "lzma" } as unknown as EncodeStep, /There is no codec "lzma"/],
    [{ codec: "toString" } as unknown as EncodeStep, /There is no codec "toString"/],
  ];
  for (const [step, message] of refused)
    for (const act of [() => encodeBytes(noise(8), [step]), () => decodeBytes(noise(8), [step], 8)])
      assert.throws(
        act,
        (error) => error instanceof DaqError && error.code === "format" && message.test(error.message),
      );
  assert.throws(
    () => encodeBytes(noise(9), [{ codec: "hdf5-bitshuffle", elementBytes: 2, inner: "lz4" }]),
    /9 bytes are not whole elements of 2/,
  );
});

test("more than fits into one memory is an error that says so", () => {
  assert.throws(() => decodeBytes(noise(100), [{ codec: "zlib", level: 1 }], 2 ** 32), {
    code: "format",
    message: /would take \d+ bytes of memory/,
  });
});
