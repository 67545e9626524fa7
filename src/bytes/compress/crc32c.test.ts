import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "./codec.ts";

test("agrees with the vectors of RFC 3720, little-endian behind the bytes", () => {
  const vectors: readonly (readonly [Uint8Array, number])[] = [
    [new Uint8Array(32), 0x8a91_36aa],
    [new Uint8Array(32).fill(255), 0x62a8_ab43],
    [new Uint8Array(32).map((_, at) => at), 0x46dd_794e],
    [Buffer.from("123456789"), 0xe306_9283],
  ];
  for (const [bytes, sum] of vectors) {
    const encoded = encodeBytes(bytes, [{ codec: "crc32c" }]);
    assert.equal(new DataView(encoded.buffer).getUint32(bytes.byteLength, true), sum);
    assert.ok(Buffer.from(bytes).equals(encoded.subarray(0, bytes.byteLength)));
  }
});
