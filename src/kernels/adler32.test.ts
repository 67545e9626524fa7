import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { noise } from "../../test/kernels/sample-bytes.ts";

const memory = new GuardedMemory(300_000, 0);

function adler32(bytes: Uint8Array, seed = 1): number {
  return memory.run(bytes, 0, (at) => memory.kernels.adler32(seed, at.source, bytes.length)).returned;
}

/** What zlib puts behind a stream that it made. */
function ofZlib(bytes: Uint8Array): number {
  return deflateSync(bytes, { level: 0 }).readUInt32BE(deflateSync(bytes, { level: 0 }).length - 4);
}

test("Adler-32 is the one of the specification's example", () => {
  assert.equal(adler32(Buffer.from("Wikipedia")), 0x11e60398);
  assert.equal(adler32(new Uint8Array(0)), 1);
});

test("Adler-32 is zlib's at every length, of the largest sums too", () => {
  const lengths = [
    ...Array.from({ length: 301 }, (_, length) => length),
    ...[4095, 4096, 4097, 4111, 5552, 8191, 8192, 8193, 65_535, 65_536, 65_537, 300_000],
  ];
  for (const length of lengths) {
    assert.equal(adler32(noise(length, length)), ofZlib(noise(length, length)), `${length} bytes of noise`);
    const largest = new Uint8Array(length).fill(255);
    assert.equal(adler32(largest), ofZlib(largest), `${length} bytes of 255`);
  }
});

test("Adler-32 goes on with what it returned", () => {
  const bytes = noise(20_000, 3);
  for (const first of [0, 1, 15, 16, 17, 4096, 9999, 20_000])
    assert.equal(adler32(bytes.subarray(first), adler32(bytes.subarray(0, first))), ofZlib(bytes));
});

test("Adler-32 goes on from the largest sums", () => {
  const sums = 65_520 * 65_536 + 65_520;
  const bytes = new Uint8Array(8192).fill(255);
  let low = 65_520;
  let high = 65_520;
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  assert.equal(adler32(bytes, sums), high * 65_536 + low);
});
