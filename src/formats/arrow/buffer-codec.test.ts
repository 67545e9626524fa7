import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import { bufferCodecOf, compressions, decompressBuffer } from "./buffer-codec.ts";
import { BufferCompressor, type StoredBuffers } from "./compressed-buffers.ts";

const compressible = new Uint8Array(
  new Float64Array(5000).map((_, at) => Math.round(Math.sin(at / 50) * 100)).buffer,
);
const noise = new Uint8Array(randomBytes(5000));

/** The pieces, copied out of the workers' memory, which is given back. */
async function compressBuffers(
  codec: ReturnType<typeof bufferCodecOf>,
  buffers: readonly Uint8Array[],
): Promise<StoredBuffers> {
  const { stored, release } = await new BufferCompressor(codec!).start(buffers);
  const pieces = (await stored).map((parts) => parts.map((part) => Uint8Array.from(part)));
  release();
  return pieces;
}

for (const compression of ["lz4", "zstd"])
  describe(compression, () => {
    const codec = bufferCodecOf({ compression })!;

    async function stored(bytes: Uint8Array): Promise<Uint8Array> {
      return new Uint8Array(Buffer.concat(await compressBuffers(codec, [bytes]).then((all) => all[0]!)));
    }

    test("makes buffers smaller and gives them back, in order, also many at once", async () => {
      const buffers = Array.from({ length: 40 }, (_, at) => compressible.subarray(at * 8, 20_000 + at * 8));
      const all = await compressBuffers(codec, buffers);
      for (const [at, parts] of all.entries()) {
        const bytes = new Uint8Array(Buffer.concat(parts));
        assert.ok(bytes.byteLength < 20_000);
        assert.deepEqual(
          new Uint8Array(await decompressBuffer(codec.type, bytes, 20_000)),
          new Uint8Array(buffers[at]!),
        );
      }
    });

    test("stores what does not become smaller as it is, behind -1", async () => {
      const [parts] = await compressBuffers(codec, [noise]);
      assert.equal(new DataView(parts![0]!.buffer).getBigInt64(0, true), -1n);
      assert.deepEqual(parts![1], noise);
      assert.deepEqual(await decompressBuffer(codec.type, await stored(noise), 5000), noise);
    });

    test("the buffers may be overwritten as soon as the start has resolved", async () => {
      const buffers = [compressible.slice(), noise.slice()];
      const { stored, release } = await new BufferCompressor(codec).start(buffers);
      for (const buffer of buffers) buffer.fill(0);
      const [first, second] = (await stored).map((parts) => new Uint8Array(Buffer.concat(parts)));
      release();
      assert.deepEqual(new Uint8Array(await decompressBuffer(codec.type, first!, 40_000)), compressible);
      assert.deepEqual(new Uint8Array(await decompressBuffer(codec.type, second!, 5000)), noise);
    });

    test("memory of the workers is given back with the release, also of more than may wait there", async () => {
      const compressor = new BufferCompressor(codec);
      const large = new Uint8Array(randomBytes(4 << 20));
      for (let round = 0; round < 2; round++) {
        const started = [];
        for (let batch = 0; batch < 40; batch++) started.push(await compressor.start([large, compressible]));
        for (const { stored, release } of started) {
          const [first, second] = await stored;
          assert.ok(Buffer.from(large).equals(first![1]!));
          assert.ok(second!.reduce((sum, { byteLength }) => sum + byteLength, 0) < 40_000);
          release();
        }
      }
      const pool = await sharedPool();
      const all = await pool.take(96 << 20);
      pool.give(all);
    });

    test("buffers larger than what is compressed in one go come back, noise and all", async () => {
      const large = new Uint8Array((17 << 20) + 40);
      for (let at = 0; at < large.byteLength; at += compressible.byteLength)
        large.set(compressible.subarray(0, large.byteLength - at), at);
      large.set(randomBytes(5 << 20), 6 << 20);
      const bytes = await stored(large);
      assert.ok(bytes.byteLength < large.byteLength - (8 << 20));
      const decoded = await decompressBuffer(codec.type, bytes, large.byteLength);
      assert.ok(Buffer.from(large).equals(decoded));
    });

    test("an empty buffer stays empty", async () => {
      assert.deepEqual(await compressBuffers(codec, [new Uint8Array(0)]), [[]]);
    });

    test("refuses damaged buffers without asking for the memory that they claim", async () => {
      const good = await stored(compressible);
      const claim = (length: bigint) => {
        const bytes = new Uint8Array(good);
        new DataView(bytes.buffer).setBigInt64(0, length, true);
        return bytes;
      };
      const rejects = (bytes: Uint8Array, expected: number) =>
        assert.rejects(decompressBuffer(codec.type, bytes, expected), { code: "format" });
      await rejects(claim(2n ** 60n), 40_000);
      await rejects(claim(2n ** 32n), 2 ** 32);
      await rejects(claim(-5n), 40_000);
      await rejects(claim(40_008n), 40_000);
      await rejects(good.subarray(0, 5), 40_000);
      await rejects(good.subarray(0, good.byteLength - 9), 40_000);
      const flipped = new Uint8Array(good);
      flipped.fill(0xff, 8, 16);
      await rejects(flipped, 40_000);
    });
  });

test("a higher zstd level makes smaller buffers", async () => {
  const size = async (compressionLevel: number) => {
    const [parts] = await compressBuffers(bufferCodecOf({ compression: "zstd", compressionLevel })!, [
      compressible,
    ]);
    return parts!.reduce((sum, part) => sum + part.byteLength, 0);
  };
  assert.ok((await size(19)) < (await size(1)));
});

test("level 0 and none are off, and what does not exist is refused with the choices", () => {
  assert.equal(bufferCodecOf({ compression: "none" }), undefined);
  for (const compression of compressions)
    assert.equal(bufferCodecOf({ compression, compressionLevel: 0 }), undefined);
  for (const options of [
    { compression: "gzip" },
    { compression: "gzip", compressionLevel: 0 },
    { compression: "zstd", compressionLevel: 23 },
    { compression: "zstd", compressionLevel: 1.5 },
    { compression: "lz4", compressionLevel: 3 },
  ])
    assert.throws(() => bufferCodecOf(options), { code: "format" }, JSON.stringify(options));
  assert.throws(() => bufferCodecOf({ compression: "gzip" }), { hint: /none, lz4, zstd/ });
});
