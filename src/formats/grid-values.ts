import { dtypeBytes, type NumberDType, typedView } from "../model/dtype.ts";
import type { GridQuantity } from "../model/grid.ts";

/** Values of a grid as little-endian bytes. Integers of which one is missing become floats, which have a not-a-number. */
export function gridValues({ dtype, values }: GridQuantity): {
  readonly dtype: NumberDType;
  readonly bytes: Uint8Array;
} {
  const isWhole = !dtype.startsWith("float");
  const stored: NumberDType = isWhole && values.includes(null) ? "float64" : dtype;
  const bytes = new Uint8Array(values.length * dtypeBytes(stored));
  const view = typedView(stored, bytes);
  if (view instanceof BigInt64Array || view instanceof BigUint64Array)
    for (const [at, value] of values.entries()) view[at] = BigInt(value!);
  else for (const [at, value] of values.entries()) view[at] = value === null ? Number.NaN : Number(value);
  return { dtype: stored, bytes };
}

/** A value that stands for a frame that is not there: the largest of its type, or not-a-number. */
export function missingElement(dtype: NumberDType): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(8)).subarray(0, dtypeBytes(dtype));
  const view = typedView(dtype, bytes);
  if (view instanceof Float64Array || view instanceof Float32Array) view[0] = Number.NaN;
  else {
    bytes.fill(0xff);
    if (dtype.startsWith("int")) bytes[bytes.byteLength - 1] = 0x7f;
  }
  return bytes;
}
