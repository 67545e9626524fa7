import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { noise } from "../../test/kernels/sample-bytes.ts";

const largestBytes = 8 * 40_000;
const memory = new GuardedMemory(largestBytes, largestBytes);

/** Bit by bit, as the layout is defined: one row for each bit of an element, one bit for each element in it. */
function plainBitshuffle(elementBytes: number, bytes: Uint8Array): Uint8Array {
  const elements = bytes.length / elementBytes;
  const shuffled = new Uint8Array(bytes.length);
  for (let row = 0; row < elementBytes * 8; row++)
    for (let element = 0; element < elements; element++) {
      const bit = (bytes[element * elementBytes + (row >> 3)]! >> (row & 7)) & 1;
      shuffled[(row * elements) / 8 + (element >> 3)]! |= bit << (element & 7);
    }
  return shuffled;
}

function checkBothWays(elementBytes: number, elements: number): void {
  const { kernels } = memory;
  const bytes = noise(elements * elementBytes, elements + elementBytes);
  const shuffled = memory.run(bytes, bytes.length, ({ source, target, scratch }) =>
    kernels.bitshuffle(elementBytes, source, elements, target, scratch),
  ).target;
  const name = `${elements} elements of ${elementBytes}`;
  assert.ok(Buffer.from(shuffled).equals(plainBitshuffle(elementBytes, bytes)), name);
  const back = memory.run(shuffled, shuffled.length, ({ source, target, scratch }) =>
    kernels.bitunshuffle(elementBytes, source, elements, target, scratch),
  ).target;
  assert.ok(Buffer.from(back).equals(bytes), name);
}

test("bitshuffle turns eight bytes into the rows of their bits, the first element in the lowest bit", () => {
  const { kernels } = memory;
  const bytes = Uint8Array.of(0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x81);
  const { target } = memory.run(bytes, 8, (at) => kernels.bitshuffle(1, at.source, 8, at.target, at.scratch));
  assert.deepEqual([...target], [0b1000_0011, 0b0000_0010, 0, 0, 0, 0, 0, 0b1000_0000]);
});

for (const elementBytes of [1, 2, 4, 8])
  test(`bitshuffle of elements of ${elementBytes} and back, at every size, touches nothing else`, () => {
    for (let elements = 0; elements <= 304; elements += 8) checkBothWays(elementBytes, elements);
    // Blocks of 2 and 8 KiB as Blosc and the bitshuffle filter make them, with their neighbours, and larger ones.
    for (const blockBytes of [2048, 8192, 65_536])
      for (const elements of [
        blockBytes / elementBytes - 8,
        blockBytes / elementBytes,
        blockBytes / elementBytes + 8,
      ])
        checkBothWays(elementBytes, elements);
    checkBothWays(elementBytes, 40_000);
  });

test("elements of other sizes are laid out alike", () => {
  for (const elementBytes of [3, 12, 16, 100])
    for (const elements of [8, 120, 128, 136, 1024, 1400]) checkBothWays(elementBytes, elements);
  checkBothWays(2048, 136);
});
