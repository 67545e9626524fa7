/**
 * The numbers that a stream can carry, under the names that numpy, Zarr and xarray use.
 * All values are little-endian wherever they are stored or shared.
 */
export const numberDTypes = [
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float32",
  "float64",
] as const;

export type NumberDType = (typeof numberDTypes)[number];

/**
 * All element types. `bool` is a byte that is 0 or 1; `string` is text in UTF-8 (`text-values.ts` has its layout). Both
 * are for scalar columns only.
 */
export const dtypes = [...numberDTypes, "bool", "string"] as const;

export type DType = (typeof dtypes)[number];

const bytesOf: Record<NumberDType, number> = {
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  float32: 4,
  float64: 8,
};

export function isNumberDType(value: unknown): value is NumberDType {
  return typeof value === "string" && Object.hasOwn(bytesOf, value);
}

export function isDType(value: unknown): value is DType {
  return isNumberDType(value) || value === "bool" || value === "string";
}

/** For what is of numbers by its declaration, as frames are. Throws `TypeError`: the program is wrong, not its input. */
export function numberDType(dtype: DType): NumberDType {
  if (isNumberDType(dtype)) return dtype;
  throw new TypeError(`Numbers were expected, and this is ${dtype}.`);
}

/** Size of one element in bytes. */
export function dtypeBytes(dtype: NumberDType): number {
  return bytesOf[dtype];
}

export type TypedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/**
 * A typed view over `bytes` (borrowed, not copied). `bytes.byteOffset` must be a multiple of the element size,
 * which every column of a ring record and of a batch satisfies.
 */
export function typedView(dtype: NumberDType, bytes: Uint8Array): TypedArray {
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / bytesOf[dtype];
  switch (dtype) {
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, length);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, length);
    case "uint64":
      return new BigUint64Array(buffer, byteOffset, length);
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
  }
}
