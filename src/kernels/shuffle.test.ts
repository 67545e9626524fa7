import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { noise } from "../../test/kernels/sample-bytes.ts";

const memory = new GuardedMemory(70_000, 70_000);

function plainShuffle(elementBytes: number, bytes: Uint8Array): Uint8Array {
  const elements = Math.floor(bytes.length / elementBytes);
  const shuffled = bytes.slice();
  for (let at = 0; at < elements * elementBytes; at++)
    shuffled[(at % elementBytes) * elements + Math.floor(at / elementBytes)] = bytes[at]!;
  return shuffled;
}

function checkBothWays(elementBytes: number, bytes: Uint8Array): void {
  const { kernels } = memory;
  const shuffled = memory.run(bytes, bytes.length, ({ source, target }) =>
    kernels.shuffle(elementBytes, source, bytes.length, target),
  ).target;
  const name = `${bytes.length} bytes in elements of ${elementBytes}`;
  assert.deepEqual(shuffled, plainShuffle(elementBytes, bytes), name);
  const back = memory.run(shuffled, shuffled.length, ({ source, target }) =>
    kernels.unshuffle(elementBytes, source, shuffled.length, target),
  ).target;
  assert.deepEqual(back, bytes, name);
}

test("shuffle lays the bytes of an element into planes, the rest behind the last whole one stays", () => {
  const { kernels } = memory;
  const bytes = Uint8Array.of(0x11, 0x12, 0x13, 0x21, 0x22, 0x23, 0x31, 0x32);
  const { target } = memory.run(bytes, 8, (at) => kernels.shuffle(3, at.source, 8, at.target));
  assert.deepEqual([...target], [0x11, 0x21, 0x12, 0x22, 0x13, 0x23, 0x31, 0x32]);
});

for (const elementBytes of [1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 299])
  test(`shuffle by ${elementBytes} and back gives every length its place and touches nothing else`, () => {
    const lengths = [
      ...Array.from({ length: 301 }, (_, length) => length),
      ...[1023, 4096, 65_535, 65_536, 65_537, 65_599, 69_999],
    ];
    for (const length of lengths) checkBothWays(elementBytes, noise(length, length + elementBytes));
  });
