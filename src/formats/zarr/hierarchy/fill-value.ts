import { type DType, dtypeBytes, isNumberDType, type NumberDType } from "../../../model/dtype.ts";
import { DaqError } from "../../../model/errors.ts";
import type { AttributeValue } from "./attributes.ts";
import { isFloat } from "./data-type.ts";
import { shownValue } from "./shown-value.ts";

/** null (version 2 only): nothing is said about elements that were not written. Bools are false, and texts empty. */
export type FillValue = number | bigint | false | "" | null;

function isSigned(dtype: NumberDType): boolean {
  return dtype.startsWith("int");
}

function refuse(where: string, dtype: DType, value: unknown): DaqError {
  const shown = typeof value === "bigint" ? String(value) : shownValue(value);
  return new DaqError("format", `${where}: the fill value ${shown} is not a value of ${dtype}.`, {
    hint: !isNumberDType(dtype)
      ? `Of ${dtype}, ${dtype === "bool" ? "false" : '""'} is possible here.`
      : isFloat(dtype)
        ? "Give a number, or NaN."
        : `Give a whole number that ${dtype} can hold; above 2^53 as a bigint.`,
  });
}

/** Throws `DaqError("format")` when the value is not one of the dtype. `where` begins the message. */
export function checkFillValue(where: string, dtype: DType, value: FillValue): void {
  if (value === null) return;
  if (!isNumberDType(dtype)) {
    if (value !== (dtype === "bool" ? false : "")) throw refuse(where, dtype, value);
    return;
  }
  if (isFloat(dtype)) {
    if (typeof value !== "number") throw refuse(where, dtype, value);
    return;
  }
  if (typeof value !== "bigint" && (typeof value !== "number" || !Number.isSafeInteger(value)))
    throw refuse(where, dtype, value);
  const bits = BigInt(8 * dtypeBytes(dtype));
  const [least, most] = isSigned(dtype)
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
  const whole = BigInt(value);
  if (whole < least || whole > most) throw refuse(where, dtype, value);
}

/** As both versions write it. */
export function fillValueJson(value: FillValue): AttributeValue {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** "0x7fc00000": the bits of a float, most significant first. */
function floatOfBits(dtype: NumberDType, text: string): number | undefined {
  const bytes = dtypeBytes(dtype);
  if (!/^0x[0-9a-fA-F]+$/.test(text) || text.length !== 2 + 2 * bytes) return undefined;
  const view = new DataView(new ArrayBuffer(8));
  if (bytes === 4) {
    view.setUint32(0, Number(text));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt(text));
  return view.getFloat64(0);
}

const named: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** The inverse of `fillValueJson` for what a document has. */
export function parseFillValue(where: string, dtype: DType, value: unknown): FillValue {
  if (value === null) return null;
  if (!isNumberDType(dtype)) {
    checkFillValue(where, dtype, value as FillValue);
    return value as FillValue;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    const number = isFloat(dtype) ? Number(value) : value;
    checkFillValue(where, dtype, number);
    return number;
  }
  const float =
    typeof value === "string" && isFloat(dtype)
      ? Object.hasOwn(named, value)
        ? named[value]
        : floatOfBits(dtype, value)
      : undefined;
  if (float === undefined) throw refuse(where, dtype, value);
  return float;
}

/** The bytes of one element. */
function elementOf(dtype: NumberDType, value: FillValue): Uint8Array {
  const bytes = new Uint8Array(dtypeBytes(dtype));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (typeof value !== "number" && typeof value !== "bigint") return bytes;
  if (dtype === "float32") view.setFloat32(0, Number(value), true);
  else if (dtype === "float64") view.setFloat64(0, Number(value), true);
  else {
    const whole = BigInt.asUintN(64, BigInt(value));
    for (let index = 0; index < bytes.byteLength; index++)
      bytes[index] = Number((whole >> BigInt(8 * index)) & 0xffn);
  }
  return bytes;
}

/** Fills whole elements; null fills with zeros, as false and an empty text are. */
export function fillElements(target: Uint8Array, dtype: DType, value: FillValue): void {
  if (!isNumberDType(dtype)) {
    target.fill(0);
    return;
  }
  const element = elementOf(dtype, value);
  if (element.every((byte) => byte === element[0])) {
    target.fill(element[0]!);
    return;
  }
  let done = Math.min(element.byteLength, target.byteLength);
  target.set(element.subarray(0, done));
  while (done < target.byteLength) {
    const more = Math.min(done, target.byteLength - done);
    target.copyWithin(done, 0, more);
    done += more;
  }
}
