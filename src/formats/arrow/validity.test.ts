import assert from "node:assert/strict";
import { test } from "node:test";
import { bitmapBytes, decodeBitmap, encodeBitmap, missingCount } from "./validity.ts";

test("a byte mask of any length becomes a bitmap and comes back, with the bits behind the end zero", () => {
  for (let count = 0; count <= 70; count++) {
    const mask = Uint8Array.from({ length: count }, (_, at) => ((at * 7 + count) % 3 === 0 ? 0 : 1));
    const bitmap = new Uint8Array(bitmapBytes(count)).fill(0xff);
    encodeBitmap(mask, count, bitmap);
    for (const [at, byte] of mask.entries()) assert.equal((bitmap[at >> 3]! >> (at & 7)) & 1, byte);
    if (count % 8 !== 0) assert.equal(bitmap[bitmap.length - 1]! >> (count % 8), 0);
    assert.deepEqual(decodeBitmap(bitmap, count), mask);
    assert.equal(missingCount(mask, count), mask.filter((byte) => byte === 0).length);
  }
});

test("any byte but zero is a valid value", () => {
  const bitmap = new Uint8Array(2);
  encodeBitmap(Uint8Array.of(2, 0, 255, 0, 1, 1, 1, 128, 64), 9, bitmap);
  assert.deepEqual(bitmap, Uint8Array.of(0b11110101, 1));
});
