import { type NumberDType, numberDTypes } from "../../../model/dtype.ts";

/** numpy's spelling, which version 2 has: byte order, kind, bytes. */
const spellings: Readonly<Record<NumberDType, string>> = {
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
};

export function spellingOf(dtype: NumberDType): string {
  return spellings[dtype];
}

/** Undefined for what is not known here. A single byte has no order: some programs say "<u1". */
export function dtypeOfSpelling(text: unknown): NumberDType | undefined {
  if (typeof text !== "string") return undefined;
  const spelling = /^[<>|][iu]1$/.test(text) ? `|${text.slice(1)}` : text;
  return numberDTypes.find((dtype) => spellings[dtype] === spelling);
}

export function isFloat(dtype: NumberDType): boolean {
  return dtype === "float32" || dtype === "float64";
}
