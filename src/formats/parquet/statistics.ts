import { type DType, typedView } from "../../model/dtype.ts";
import type { ColumnLayout } from "./column-layout.ts";

/** The smallest and the largest value of a page or a column chunk, in their plain encoding. */
export type Bounds = { readonly min: Uint8Array; readonly max: Uint8Array };

/** Of the records that are there; undefined when no value can be compared (all missing, or not a number). */
export function boundsOf(
  layout: ColumnLayout,
  bytes: Uint8Array,
  records: number,
  validity: Uint8Array | undefined,
): Bounds | undefined {
  const values = typedView(layout.dtype, bytes.subarray(0, records * layout.itemBytes));
  const found =
    values instanceof BigInt64Array || values instanceof BigUint64Array
      ? bigExtremes(layout.dtype, values, layout.elements, validity)
      : extremes(values, layout.elements, validity);
  if (found === undefined) return undefined;
  return { min: plainValue(layout, found[0], "min"), max: plainValue(layout, found[1], "max") };
}

/** The bounds for extremes that the kernel found; undefined when it found none. */
export function boundsOfExtremes(layout: ColumnLayout, min: number, max: number): Bounds | undefined {
  if (!(min <= max)) return undefined;
  return { min: plainValue(layout, min, "min"), max: plainValue(layout, max, "max") };
}

function extremes(
  values: Exclude<ReturnType<typeof typedView>, BigInt64Array | BigUint64Array>,
  elements: number,
  validity: Uint8Array | undefined,
): readonly [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  // Comparisons with NaN are false: those values are passed over, as the format demands.
  if (validity === undefined)
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      if (value <= min) min = value;
      if (value >= max) max = value;
    }
  else
    for (let at = 0; at < values.length; at++) {
      if (validity[elements === 1 ? at : Math.floor(at / elements)] === 0) continue;
      const value = values[at]!;
      if (value <= min) min = value;
      if (value >= max) max = value;
    }
  return min <= max ? [min, max] : undefined;
}

/** In halves of 32 bits: a loop over big integers is fifty times slower. */
function bigExtremes(
  dtype: DType,
  values: BigInt64Array | BigUint64Array,
  elements: number,
  validity: Uint8Array | undefined,
): readonly [bigint, bigint] | undefined {
  const low = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const high = dtype === "int64" ? new Int32Array(values.buffer, values.byteOffset, values.length * 2) : low;
  let [minAt, maxAt] = [-1, -1];
  for (let at = 0; at < values.length; at++) {
    if (validity !== undefined && validity[elements === 1 ? at : Math.floor(at / elements)] === 0) continue;
    if (minAt < 0) {
      minAt = maxAt = at;
      continue;
    }
    const [top, bottom] = [high[2 * at + 1]!, low[2 * at]!];
    const [minTop, maxTop] = [high[2 * minAt + 1]!, high[2 * maxAt + 1]!];
    if (top < minTop || (top === minTop && bottom < low[2 * minAt]!)) minAt = at;
    if (top > maxTop || (top === maxTop && bottom > low[2 * maxAt]!)) maxAt = at;
  }
  return minAt < 0 ? undefined : [values[minAt]!, values[maxAt]!];
}

/** A zero bound covers both zeros: the smallest is written as −0, the largest as +0. */
function plainValue(layout: ColumnLayout, value: number | bigint, side: "min" | "max"): Uint8Array {
  const bytes = new Uint8Array(layout.valueBytes);
  const view = new DataView(bytes.buffer);
  if (typeof value === "bigint") view.setBigInt64(0, BigInt.asIntN(64, value), true);
  else {
    const bound = value === 0 ? (side === "min" ? -0 : 0) : value;
    if (layout.physical === "double") view.setFloat64(0, bound, true);
    else if (layout.physical === "float") view.setFloat32(0, bound, true);
    else view.setInt32(0, value | 0, true);
  }
  return bytes;
}

/** Compares plain values in the order of the column. */
function compareBounds(layout: ColumnLayout, left: Uint8Array, right: Uint8Array): number {
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
    else
      joined = {
        min: compareBounds(layout, bounds.min, joined.min) < 0 ? bounds.min : joined.min,
        max: compareBounds(layout, bounds.max, joined.max) > 0 ? bounds.max : joined.max,
      };
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
