import type { KernelCall } from "../../bytes/pool/worker-pool.ts";
import { type ColumnLayout, isOfCells } from "./column-layout.ts";

/**
 * The smallest and the largest value of a page or a column chunk, in their plain encoding; of texts the UTF-8 alone. One that
 * is not exact is a shorter text below, or above, all of them.
 */
export type Bounds = {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly isMinExact?: false;
  readonly isMaxExact?: false;
};

/** Room for the extremes of a page. */
export const extremesBytes = 16;

/** Finds the extremes of `count` (1 or more) plain values; the kernel goes with the job that encodes them. */
export function extremesCall(
  { physical, dtype, valueBytes }: ColumnLayout,
  source: number,
  count: number,
  target: number,
): KernelCall {
  if (physical === "float" || physical === "double")
    return { kernel: "extremesOfFloats", args: [valueBytes, source, count, target] };
  const isSigned = dtype === "uint32" || dtype === "uint64" ? 0 : 1;
  return { kernel: "extremesOfIntegers", args: [valueBytes, isSigned, source, count, target] };
}

/** What that found; undefined when no value can be compared (none is a number). */
export function boundsIn(layout: ColumnLayout, extremes: Uint8Array): Bounds | undefined {
  const { valueBytes } = layout;
  const min = extremes.slice(0, valueBytes);
  const max = extremes.slice(valueBytes, 2 * valueBytes);
  if (!(numberOf(layout, min) <= numberOf(layout, max))) return undefined;
  return { min: coveringZeros(layout, min, 0x80), max: coveringZeros(layout, max, 0) };
}

/** A zero bound covers both zeros: the smallest is written as −0, the largest as +0. */
function coveringZeros(layout: ColumnLayout, bound: Uint8Array, sign: number): Uint8Array {
  const isFloat = layout.physical === "float" || layout.physical === "double";
  if (isFloat && numberOf(layout, bound) === 0) bound[bound.byteLength - 1] = sign;
  return bound;
}

/** Compares plain values in the order of the column; texts by their bytes. */
function compareBounds(layout: ColumnLayout, left: Uint8Array, right: Uint8Array): number {
  if (isOfCells(layout)) return Buffer.compare(left, right);
  const [a, b] = [numberOf(layout, left), numberOf(layout, right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function numberOf({ physical, dtype }: ColumnLayout, bytes: Uint8Array): number | bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (physical) {
    case "double":
      return view.getFloat64(0, true);
    case "float":
      return view.getFloat32(0, true);
    case "int64":
      return dtype === "uint64" ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
    case "int32":
      return dtype.startsWith("u") ? view.getUint32(0, true) : view.getInt32(0, true);
    case "boolean":
    case "byteArray":
      throw new TypeError(`${physical} is no number`);
  }
}

/** The bounds of all pages together; pages without any hold nothing that can be compared. */
export function joinedBounds(
  layout: ColumnLayout,
  pages: readonly (Bounds | undefined)[],
): Bounds | undefined {
  let joined: Bounds | undefined;
  for (const bounds of pages) {
    if (bounds === undefined) continue;
    if (joined === undefined) joined = bounds;
    else {
      const low = compareBounds(layout, bounds.min, joined.min) < 0 ? bounds : joined;
      const high = compareBounds(layout, bounds.max, joined.max) > 0 ? bounds : joined;
      joined = {
        min: low.min,
        max: high.max,
        ...(low.isMinExact === false ? { isMinExact: false } : {}),
        ...(high.isMaxExact === false ? { isMaxExact: false } : {}),
      };
    }
  }
  return joined;
}

/** Whether smallest and largest values both grow from page to page, or both fall. */
export function orderOf(
  layout: ColumnLayout,
  pages: readonly Bounds[],
): "ascending" | "descending" | "unordered" {
  let [ascending, descending] = [true, true];
  for (let at = 1; at < pages.length; at++) {
    const [before, here] = [pages[at - 1]!, pages[at]!];
    const [mins, maxs] = [
      compareBounds(layout, before.min, here.min),
      compareBounds(layout, before.max, here.max),
    ];
    if (mins > 0 || maxs > 0) ascending = false;
    if (mins < 0 || maxs < 0) descending = false;
  }
  return ascending ? "ascending" : descending ? "descending" : "unordered";
}
