import assert from "node:assert/strict";
import { test } from "node:test";
import { reservedBytes } from "../../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../kernels/load-kernels.ts";
import { type NumberDType, numberDTypes, typedView } from "../../model/dtype.ts";
import { columnLayouts } from "./column-layout.ts";
import { writePlainValues } from "./plain-values.ts";
import { boundsIn, extremesBytes, extremesCall } from "./statistics.ts";

const memory = createKernelMemory(4 << 20);
const kernels = instantiateKernels(compileKernels(), memory);
const bytes = new Uint8Array(memory.buffer);
const guard = 0xa7;

function layoutOf(dtype: NumberDType) {
  const columns = [{ name: "x", dtype, shape: [], dims: [] }];
  return columnLayouts(
    { name: "s", kind: "table", columns, source: "test", clock: "system" } as const,
    "none",
  )[0]!;
}

/** The bounds of values of a dtype, as pages get them; `shift` puts them to an odd address. */
function boundsOf(dtype: NumberDType, raw: Uint8Array, count: number, shift = 0) {
  const layout = layoutOf(dtype);
  const source = reservedBytes + shift;
  const target = source + count * layout.valueBytes;
  writePlainValues(layout, raw, count, undefined, bytes.subarray(source, target));
  bytes.fill(guard, target, target + extremesBytes + 32);
  const { kernel, args } = extremesCall(layout, source, count, target);
  (kernels[kernel] as (...args: unknown[]) => void)(...args);
  assert.ok(bytes.subarray(target + extremesBytes, target + extremesBytes + 32).every((b) => b === guard));
  return boundsIn(layout, bytes.subarray(target, target + extremesBytes));
}

function numberIn(dtype: NumberDType, bound: Uint8Array): number | bigint {
  const { physical } = layoutOf(dtype);
  const view = new DataView(bound.buffer, bound.byteOffset, bound.byteLength);
  if (physical === "double") return view.getFloat64(0, true);
  if (physical === "float") return view.getFloat32(0, true);
  if (dtype === "uint64") return view.getBigUint64(0, true);
  if (physical === "int64") return view.getBigInt64(0, true);
  return dtype === "uint32" ? view.getUint32(0, true) : view.getInt32(0, true);
}

test("the bounds of numbers of every dtype are the smallest and the largest value, for any bits, count and place", () => {
  let state = 3;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  for (const dtype of numberDTypes)
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 64, 1001])
      for (const shift of [0, 1, 6]) {
        const raw = Uint8Array.from({ length: count * 8 }, random);
        const values: (number | bigint)[] = [...typedView(dtype, raw)].slice(0, count);
        const numbers = values.filter((value) => !Number.isNaN(value));
        const bounds = boundsOf(dtype, raw, count, shift);
        if (numbers.length === 0) {
          assert.equal(bounds, undefined);
          continue;
        }
        const sorted = numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        assert.equal(numberIn(dtype, bounds!.min), sorted[0], `${dtype}, ${count}`);
        assert.equal(numberIn(dtype, bounds!.max), sorted.at(-1), `${dtype}, ${count}`);
      }
});

test("a zero bound covers both zeros, and values that are no numbers have no bounds", () => {
  for (const [dtype, array] of [
    ["float64", Float64Array],
    ["float32", Float32Array],
  ] as const) {
    const of = (...values: number[]) => {
      const typed = array.from(values);
      return boundsOf(dtype, new Uint8Array(typed.buffer), values.length);
    };
    const zero = of(0, Number.NaN)!;
    assert.ok(Object.is(numberIn(dtype, zero.min), -0) && Object.is(numberIn(dtype, zero.max), 0));
    const negative = of(-0)!;
    assert.ok(Object.is(numberIn(dtype, negative.min), -0) && Object.is(numberIn(dtype, negative.max), 0));
    assert.equal(of(Number.NaN, Number.NaN), undefined);
    assert.equal(numberIn(dtype, of(Number.NEGATIVE_INFINITY, 1)!.min), Number.NEGATIVE_INFINITY);
  }
});
