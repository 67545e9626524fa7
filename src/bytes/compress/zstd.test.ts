import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { decodeBytes, encodeBytes } from "./codec.ts";
import { contents, edgeLengths, picture } from "./sample-bytes.test.ts";

const steps = [{ codec: "zstd", level: 1 }] as const;

test("zlib reads our frames, and they tell how many bytes they hold", () => {
  for (const make of Object.values(contents))
    for (const length of edgeLengths)
      for (const level of length < 100_000 ? [1, 3, 9, 19] : [1]) {
        const bytes = make(length);
        const encoded = encodeBytes(bytes, [{ codec: "zstd", level }]);
        assert.ok(Buffer.from(bytes).equals(zstdDecompressSync(encoded)), `${length}, ${level}`);
        // Frame_Content_Size_flag or Single_Segment_flag: HDF5's plugin trusts the size in the frame.
        assert.notEqual(encoded[4]! & 0b1110_0000, 0, `${length} bytes at level ${level}`);
      }
});

test("zlib's frames are read here: of any level, with a checksum, several behind one another", () => {
  const bytes = picture(300_000);
  const params = { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 5 };
  const frame = zstdCompressSync(bytes, { params });
  assert.ok(Buffer.from(bytes).equals(decodeBytes(frame, steps, bytes.byteLength)));
  const twice = Buffer.concat([frame, zstdCompressSync(bytes)]);
  assert.ok(Buffer.concat([bytes, bytes]).equals(decodeBytes(twice, steps, 2 * bytes.byteLength)));
  assert.throws(
    () => decodeBytes(Buffer.concat([frame, Buffer.from("more")]), steps, bytes.byteLength),
    /damaged/,
  );
  frame[frame.byteLength - 1]! ^= 1;
  assert.throws(() => decodeBytes(frame, steps, bytes.byteLength), /damaged/);
});
