import { type DType, dtypes } from "../../../model/dtype.ts";

/** numpy's spelling, which version 2 has: byte order, kind, bytes. */
const spellings: Readonly<Record<DType, string>> = {
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
  // An object, which a filter says to be a text.
  string: "|O",
};

export function spellingOf(dtype: DType): string {
  return spellings[dtype];
}

/** Undefined for what is not known here. A single byte has no order: some programs say "<u1". */
export function dtypeOfSpelling(text: unknown): DType | undefined {
  if (typeof text !== "string") return undefined;
  const spelling = /^[<>|][iu]1$/.test(text) ? `|${text.slice(1)}` : text;
  return dtypes.find((dtype) => spellings[dtype] === spelling);
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}
