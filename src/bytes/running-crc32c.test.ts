import assert from "node:assert/strict";
import { test } from "node:test";
import { RunningCrc32c } from "./running-crc32c.ts";

function sumOf(...pieces: readonly Uint8Array[]): string {
  const sum = new RunningCrc32c();
  for (const piece of pieces) sum.update(piece);
  return sum.hex;
}

test("gives the check value of CRC-32C, and zero for nothing", () => {
  assert.equal(sumOf(Buffer.from("123456789")), "e3069283");
  assert.equal(sumOf(), "00000000");
  assert.equal(sumOf(new Uint8Array(32)), "8a9136aa"); // RFC 3720, B.4.
  assert.equal(sumOf(new Uint8Array(32).fill(0xff)), "62a8ab43");
});

test("does not depend on how the bytes are cut", () => {
  const bytes = Uint8Array.from({ length: 700_001 }, (_, index) => (index * 2_654_435_761) >>> 13);
  const whole = sumOf(bytes);
  for (const cut of [1, 262_143, 262_144, 262_145, 700_000])
    assert.equal(sumOf(bytes.subarray(0, cut), bytes.subarray(cut)), whole, `cut at ${cut}`);
  assert.notEqual(sumOf(bytes.subarray(1)), whole);
});
