import type { DType, TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";

const constructors: Readonly<Record<DType, abstract new (...args: never[]) => TypedArray>> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The dtype of a typed array; undefined for anything else. */
export function dtypeOf(data: unknown): DType | undefined {
  const found = Object.entries(constructors).find(([, typedArray]) => data instanceof typedArray);
  return found?.[0] as DType | undefined;
}

/** The bytes of values that must be of this dtype, borrowed. Throws `DaqError("format")`; `where` begins the message. */
export function typedBytes(where: string, dtype: DType, data: TypedArray): Uint8Array {
  if (!(data instanceof constructors[dtype]))
    throw new DaqError(
      "format",
      `${where} holds ${dtype}, but was given ${dtypeOf(data) ?? describe(data)}.`,
      { hint: `Give a ${constructors[dtype].name}.` },
    );
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function describe(data: unknown): string {
  return typeof data === "object" && data !== null ? data.constructor.name : typeof data;
}
