import assert from "node:assert/strict";
import { test } from "node:test";
import { deltaBinaryPackedBytes, reservedBytes, scratchBytes } from "../../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../kernels/load-kernels.ts";
import { decodeDelta } from "./decode-delta.ts";

const memory = createKernelMemory(8 << 20);
const kernels = instantiateKernels(compileKernels(), memory);
const bytes = new Uint8Array(memory.buffer);
const [scratch, source, target] = [reservedBytes, reservedBytes + scratchBytes, 5 << 20];
const guard = 0xa7;

function packed(values: BigInt64Array | Int32Array, widest = 64): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const room = deltaBinaryPackedBytes(values.BYTES_PER_ELEMENT, values.length);
  bytes.fill(guard, target, target + room + 64);
  bytes.set(raw, source);
  const { BYTES_PER_ELEMENT, length: count } = values;
  const length = kernels.deltaBinaryPack(BYTES_PER_ELEMENT, source, count, target, scratch, widest);
  assert.ok(length <= room, `${length} of ${room} bytes`);
  assert.ok(bytes.subarray(target + room, target + room + 64).every((byte) => byte === guard));
  return bytes.slice(target, target + length);
}

test("packs the examples of the format's own document", () => {
  // 1 to 5: all differences are 1, so no bits are needed.
  const header = [0x80, 0x01, 0x04, 0x05, 0x02];
  assert.deepEqual([...packed(Int32Array.of(1, 2, 3, 4, 5))], [...header, 0x02, 0, 0, 0, 0]);
  // 7, 5, 3, 1, 2, 3, 4, 5: the differences −2 −2 −2 1 1 1 1 are 0 0 0 3 3 3 3 above the smallest, in two bits each.
  const second = [0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0];
  assert.deepEqual([...packed(Int32Array.of(7, 5, 3, 1, 2, 3, 4, 5))], second);
});

test("every count around the blocks, every width and every wrap reads back", () => {
  let random = 1n;
  const next = (): bigint => {
    random = BigInt.asUintN(64, random * 6364136223846793005n + 1442695040888963407n);
    return random;
  };
  for (const count of [1, 2, 31, 32, 33, 34, 128, 129, 130, 161, 257, 1000])
    for (let width = 0n; width <= 64n; width += width < 8n ? 1n : 7n) {
      const wide = BigInt64Array.from({ length: count }, () => BigInt.asIntN(64, next() >> (64n - width)));
      const found = decodeDelta(packed(wide), 8, count);
      assert.deepEqual(new BigInt64Array(found.buffer), wide, `${count} of ${width} bits`);
      const narrow = Int32Array.from(wide, (value) => Number(BigInt.asIntN(32, value)));
      const foundNarrow = decodeDelta(packed(narrow), 4, count);
      assert.deepEqual(new Int32Array(foundNarrow.buffer), narrow, `${count} of ${width} bits, 32`);
    }
  const edges = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n - 1n, 0n, -1n, -(2n ** 63n));
  assert.deepEqual(new BigInt64Array(decodeDelta(packed(edges), 8, 6).buffer), edges);
  const narrowEdges = Int32Array.of(2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, 0, -1);
  assert.deepEqual(new Int32Array(decodeDelta(packed(narrowEdges), 4, 5).buffer), narrowEdges);
});

test("differences that are wider than allowed are not packed", () => {
  for (const widest of [7, 28, 31])
    for (const array of [BigInt64Array, Int32Array]) {
      // In the last miniblock of the second block.
      const values = new array(250);
      values[240] = (
        array === BigInt64Array ? 2n ** BigInt(widest - 1) - 1n : 2 ** (widest - 1) - 1
      ) as never;
      // Up and down by so much: the differences are a bit wider.
      assert.ok(packed(values, widest).byteLength > 0);
      assert.equal(packed(values, widest - 1).byteLength, 0);
    }
});

test("timestamps at a steady rate take next to nothing", () => {
  const times = BigInt64Array.from(
    { length: 65_536 },
    (_, at) => 1764000000000000000n + BigInt(at) * 10_000n,
  );
  assert.ok(packed(times).byteLength < 65_536 / 10);
});

test("the extremes of floats leave NaN out, and say when there is nothing else", () => {
  const view = new DataView(memory.buffer);
  const extremes64 = (values: readonly number[]): [number, number] => {
    bytes.set(new Uint8Array(Float64Array.from(values).buffer), source);
    kernels.extremesOfFloats(8, source, values.length, target);
    return [view.getFloat64(target, true), view.getFloat64(target + 8, true)];
  };
  const extremes32 = (values: readonly number[]): [number, number] => {
    bytes.set(new Uint8Array(Float32Array.from(values).buffer), source);
    kernels.extremesOfFloats(4, source, values.length, target);
    return [view.getFloat32(target, true), view.getFloat32(target + 4, true)];
  };
  for (const extremes of [extremes64, extremes32]) {
    for (let length = 1; length < 20; length++)
      for (let at = 0; at < length; at++) {
        const values = Array.from({ length }, (_, index) =>
          index === at ? -7.5 : index % 3 === 1 ? Number.NaN : index,
        );
        const numbers = values.filter((value) => !Number.isNaN(value));
        assert.deepEqual(extremes(values), [Math.min(...numbers), Math.max(...numbers)], values.join());
      }
    assert.deepEqual(extremes([Infinity, Infinity]), [Infinity, Infinity]);
    const [low, high] = extremes([Number.NaN, Number.NaN, Number.NaN]);
    assert.ok(low > high);
  }
});
