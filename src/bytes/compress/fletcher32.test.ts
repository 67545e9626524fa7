import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "./codec.ts";
import { contents, noise } from "./sample-bytes.test.ts";

function sumOf(bytes: Uint8Array): number {
  const encoded = encodeBytes(bytes, [{ codec: "fletcher32" }]);
  return new DataView(encoded.buffer).getUint32(bytes.byteLength, true);
}

/** The definition, word by word, with the foldings of the HDF5 library. */
function plainSum(bytes: Uint8Array): number {
  let [first, second] = [0n, 0n];
  for (let at = 0; at < bytes.byteLength; at += 2) {
    first += BigInt((bytes[at]! << 8) | (bytes[at + 1] ?? 0));
    second += first;
  }
  const fold = (sum: bigint): bigint => (sum > 0xffffn ? fold((sum & 0xffffn) + (sum >> 16n)) : sum);
  return Number((fold(second) << 16n) | fold(first));
}

test("agrees with the published vectors", () => {
  const vectors = { abcde: 0x4ff0_29c7, abcdef: 0x5056_2a2d, abcdefgh: 0xe1eb_9195 };
  for (const [text, sum] of Object.entries(vectors)) assert.equal(sumOf(Buffer.from(text)), sum, text);
});

test("agrees with the definition for all contents, long, odd, and of sums that are multiples of 65535", () => {
  for (const make of Object.values(contents))
    for (const length of [0, 1, 2, 3, 479, 480, 481, 4000, 20_001]) {
      const bytes = make(length);
      assert.equal(sumOf(bytes), plainSum(bytes), `${length}`);
    }
  for (const bytes of [
    new Uint8Array(5001).fill(255),
    Uint8Array.of(0xff, 0xff),
    Uint8Array.of(0xff, 0xfe, 0, 1),
  ])
    assert.equal(sumOf(bytes), plainSum(bytes));
  for (let seed = 1; seed < 200; seed++) assert.equal(sumOf(noise(seed, seed)), plainSum(noise(seed, seed)));
});
