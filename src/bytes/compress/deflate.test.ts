import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { decodeBytes, encodeBytes } from "./codec.ts";
import { contents, edgeLengths, picture } from "./sample-bytes.test.ts";

const framings = [
  ["deflate", inflateRawSync, deflateRawSync],
  ["zlib", inflateSync, deflateSync],
  ["gzip", gunzipSync, gzipSync],
] as const;

for (const [codec, inflate, deflate] of framings) {
  test(`zlib reads our ${codec} of each level`, () => {
    for (const make of Object.values(contents))
      for (const length of edgeLengths)
        for (const level of length < 100_000 ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] : [0, 1, 3, 4]) {
          const bytes = make(length);
          assert.ok(
            Buffer.from(bytes).equals(inflate(encodeBytes(bytes, [{ codec, level }]))),
            `${length}, ${level}`,
          );
        }
  });

  test(`zlib's ${codec} is read here`, () => {
    for (const level of [0, 1, 6, 9]) {
      const bytes = picture(300_000);
      const decoded = decodeBytes(deflate(bytes, { level }), [{ codec, level: 1 }], bytes.byteLength);
      assert.ok(Buffer.from(bytes).equals(decoded));
    }
  });

  test(`bytes behind the end of ${codec} are damage`, () => {
    const encoded = Buffer.concat([encodeBytes(picture(1000), [{ codec, level: 1 }]), Buffer.from("more")]);
    assert.throws(() => decodeBytes(encoded, [{ codec, level: 1 }], 1000), /damaged/);
  });
}

test("a higher level is not larger where it should matter", () => {
  const bytes = picture(1 << 20);
  const sizeAt = (level: number) => encodeBytes(bytes, [{ codec: "zlib", level }]).byteLength;
  for (const fast of [1, 4]) assert.ok(sizeAt(0) > sizeAt(fast) && sizeAt(fast) > sizeAt(9), `level ${fast}`);
});
