import { dtypeBytes, type NumberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import type { FieldColumn } from "./field-column.ts";

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^[+-]?inf(?:inity)?$/i;
const notANumber = /^[+-]?nan$/i;
const integer = /^[+-]?\d{1,40}$/;

/** Numbers, read from text. */
export class NumberFields implements FieldColumn {
  readonly dtype: NumberDType;
  #values: TypedArray;
  #validity: Uint8Array;

  constructor(dtype: NumberDType) {
    this.dtype = dtype;
    this.#values = typedView(dtype, new Uint8Array(0));
    this.#validity = new Uint8Array(0);
  }

  grow(rows: number): void {
    const bytes = new Uint8Array(rows * dtypeBytes(this.dtype));
    bytes.set(this.bytes(this.#validity.length));
    this.#values = typedView(this.dtype, bytes);
    const validity = new Uint8Array(rows);
    validity.set(this.#validity);
    this.#validity = validity;
  }

  store(row: number, text: string | undefined): string | undefined {
    const values = this.#values;
    const isMissing = text === undefined || text === "";
    this.#validity[row] = isMissing ? 0 : 1;
    if (values instanceof Float64Array || values instanceof Float32Array) {
      if (isMissing) {
        values[row] = Number.NaN;
        return undefined;
      }
      return storeFloat(values, row, text);
    }
    if (isMissing) {
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[row] = 0n;
      else values[row] = 0;
      return undefined;
    }
    return storeInteger(values, row, text, this.dtype);
  }

  bytes(rows: number): Uint8Array {
    return new Uint8Array(this.#values.buffer, this.#values.byteOffset, rows * dtypeBytes(this.dtype));
  }

  validity(rows: number): Uint8Array {
    return this.#validity.subarray(0, rows);
  }
}

function storeFloat(values: Float64Array | Float32Array, row: number, text: string): string | undefined {
  if (decimal.test(text)) {
    values[row] = Number(text);
    return Number.isFinite(values[row]) ? undefined : "is too large for the column's dtype";
  }
  if (notANumber.test(text)) values[row] = Number.NaN;
  else if (infinite.test(text))
    values[row] = text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  else return "is not a number";
  return undefined;
}

function storeInteger(
  values: Exclude<TypedArray, Float64Array | Float32Array>,
  row: number,
  text: string,
  dtype: NumberDType,
): string | undefined {
  if (!integer.test(text)) return "is not an integer";
  const outOfRange = `is out of the range of ${dtype}`;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
    values[row] = value;
    return values[row] === value ? undefined : outOfRange;
  }
  const value = Number(text);
  values[row] = value;
  // What does not fit wraps around in the array, so reading it back tells.
  return values[row] === value ? undefined : outOfRange;
}
