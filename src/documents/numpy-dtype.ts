import type { DType } from "../model/dtype.ts";

const numpyTypes: Record<Exclude<DType, "string">, string> = {
  int8: "|i1",
  int16: "<i2",
  int32: "<i4",
  int64: "<i8",
  uint8: "|u1",
  uint16: "<u2",
  uint32: "<u4",
  uint64: "<u8",
  float32: "<f4",
  float64: "<f8",
  bool: "|b1",
};

const dtypesOfNumpy: ReadonlyMap<unknown, DType> = new Map(
  Object.entries(numpyTypes).map(([dtype, numpy]) => [numpy, dtype as DType]),
);

/** As numpy writes a dtype of which each element has as many bytes. */
export function numpyOfDType(dtype: Exclude<DType, "string">): string {
  return numpyTypes[dtype];
}

/** The inverse; undefined for what is none of ours. */
export function dtypeOfNumpy(numpy: unknown): DType | undefined {
  return dtypesOfNumpy.get(numpy);
}
