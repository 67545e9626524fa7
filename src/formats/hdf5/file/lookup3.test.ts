import assert from "node:assert/strict";
import { test } from "node:test";
import { hasValidChecksum, lookup3, withChecksum } from "./lookup3.ts";

/** Of the bytes 0, 1, … n − 1, from a writer whose files libhdf5 accepts. */
const counted: readonly (readonly [number, number])[] = [
  [1, 0x8ba9414b],
  [4, 0xe4cf1d42],
  [8, 0xd4ccb93c],
  [11, 0x2ca6817a],
  [12, 0x5e4aa593],
  [13, 0xbc9d6816],
  [24, 0x9c0add53],
  [25, 0x3a882244],
  [44, 0x3a104df7],
];

test("gives the values of the reference implementation for every kind of tail", () => {
  assert.equal(lookup3(new Uint8Array(0)), 0xdeadbeef);
  assert.equal(lookup3(Buffer.from("Four score and seven years ago")), 0x17770551);
  for (const [length, expected] of counted)
    assert.equal(lookup3(Uint8Array.from({ length }, (_, index) => index)), expected, `${length} bytes`);
});

test("a checksum holds for its bytes and for no others", () => {
  const whole = withChecksum(Uint8Array.of(1, 2, 3, 4, 5));
  assert.ok(hasValidChecksum(whole));
  for (let index = 0; index < whole.byteLength; index++) {
    const changed = whole.slice();
    changed[index]! ^= 0x10;
    assert.ok(!hasValidChecksum(changed), `byte ${index}`);
  }
  assert.ok(!hasValidChecksum(new Uint8Array(3)));
});
