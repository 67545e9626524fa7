import type { Quantity } from "../model/reading.ts";
import type { DataKey } from "./data-key.ts";
import { numpyOfDType } from "./numpy-dtype.ts";

function broadType({ dtype, shape = [] }: Quantity): DataKey["dtype"] {
  if (shape.length > 0) return "array";
  if (dtype === "string") return dtype;
  if (dtype === "bool" || dtype === "boolean") return "boolean";
  return dtype.startsWith("float") ? "number" : "integer";
}

function numpyType({ dtype, maxBytes }: Quantity): string | undefined {
  // Numpy's texts have a fixed length, which most devices do not know.
  if (dtype === "string") return maxBytes === undefined ? undefined : `|S${maxBytes}`;
  return numpyOfDType(dtype === "boolean" ? "bool" : dtype);
}

/** A device's quantity in the model's words. Units, precision and limits are always there, so that absent means none. */
export function dataKeyOf(quantity: Quantity, objectName: string): DataKey {
  const { limits, dims, choices } = quantity;
  const exact = numpyType(quantity);
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
