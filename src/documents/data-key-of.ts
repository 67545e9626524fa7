import type { DType } from "../model/dtype.ts";
import type { Quantity } from "../model/reading.ts";
import type { DataKey } from "./data-key.ts";

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

function broadType({ dtype, shape = [] }: Quantity): DataKey["dtype"] {
  if (shape.length > 0) return "array";
  if (dtype === "string") return dtype;
  if (dtype === "bool" || dtype === "boolean") return "boolean";
  return dtype.startsWith("float") ? "number" : "integer";
}

function numpyType(dtype: Quantity["dtype"]): string | undefined {
  // Numpy's texts have a fixed length, which a device does not know.
  if (dtype === "string") return undefined;
  return dtype === "boolean" ? "|b1" : numpyTypes[dtype];
}

/** A device's quantity in the model's words. Units, precision and limits are always there, so that absent means none. */
export function dataKeyOf(quantity: Quantity, objectName: string): DataKey {
  const { limits, dims, choices } = quantity;
  const exact = numpyType(quantity.dtype);
  return {
    source: quantity.source,
    dtype: broadType(quantity),
    shape: quantity.shape ?? [],
    ...(exact === undefined ? {} : { dtype_numpy: exact }),
    ...(dims === undefined ? {} : { dims }),
    ...(choices === undefined ? {} : { choices }),
    units: quantity.unit,
    precision: quantity.precision ?? null,
    limits: limits === undefined ? {} : { control: { low: limits[0], high: limits[1] } },
    object_name: objectName,
  };
}
