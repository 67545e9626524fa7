import type { NumberDType, TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { shownValue } from "./hierarchy/shown-value.ts";

const constructors: Readonly<Record<NumberDType, abstract new (...args: never[]) => TypedArray>> = {
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
export function dtypeOf(data: unknown): NumberDType | undefined {
  const found = Object.entries(constructors).find(([, typedArray]) => data instanceof typedArray);
  return found?.[0] as NumberDType | undefined;
}

/** The bytes of values that must be of this dtype, borrowed. Throws `DaqError("format")`; `where` begins the message. */
export function typedBytes(where: string, dtype: NumberDType, data: TypedArray): Uint8Array {
  if (!(data instanceof constructors[dtype]))
    throw new DaqError(
      "format",
      `${where} holds ${dtype}, but was given ${dtypeOf(data) ?? shownValue(data)}.`,
      { hint: `Give a ${constructors[dtype].name}.` },
    );
  if (data.buffer instanceof ArrayBuffer && data.buffer.detached)
    throw new DaqError("format", `${where} was given values whose memory was transferred away.`, {
      hint: "Write them before they are posted to a worker, or post a copy.",
    });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
