import { dtypeBytes, isNumberDType, type NumberDType } from "../../model/dtype.ts";
import type { Column } from "../../model/stream-schema.ts";
import type { AttributeValue } from "./file/attribute.ts";
import { type Datatype, fixedStringType, floatType, integerType } from "./file/datatype.ts";

/** HDF5's name for the element type of a column; little-endian as everything here. */
export function datatypeOf(dtype: NumberDType): Datatype {
  const bytes = dtypeBytes(dtype);
  if (dtype === "float32" || dtype === "float64") return floatType(bytes as 4 | 8);
  return integerType(bytes as 1 | 2 | 4 | 8, !dtype.startsWith("u"));
}

/**
 * Of a column. Texts are of fixed length, padded with zeros: what every reader knows, where texts of any length are strange to
 * some. They are called ASCII as long as they are: Octave stops reading a file at a text that is marked as UTF-8. A bool is a
 * byte, as validity is.
 */
export function columnDatatypes({ dtype, maxBytes = 0 }: Pick<Column, "dtype" | "maxBytes">): {
  readonly datatype: Datatype;
  readonly widerDatatype?: Datatype;
} {
  if (isNumberDType(dtype)) return { datatype: datatypeOf(dtype) };
  if (dtype === "bool") return { datatype: validityType };
  return {
    datatype: fixedStringType(maxBytes, { characterSet: "ascii" }),
    widerDatatype: fixedStringType(maxBytes, { characterSet: "utf-8" }),
  };
}

/** Bytes of one element that belong together, for filters. */
export function elementBytesOf(dtype: Column["dtype"]): number {
  return isNumberDType(dtype) ? dtypeBytes(dtype) : 1;
}

/** One byte, 1 or 0: h5py's boolean is an enumeration, which Octave does not read. */
export const validityType: Datatype = integerType(1, false);

/** CF and NeXus words: `units`, `long_name`, `scale_factor` and `add_offset` for raw counts. */
export function columnAttributes(column: Column, source: string): Readonly<Record<string, AttributeValue>> {
  return {
    ...(column.unit === undefined ? {} : { units: column.unit }),
    ...(column.description === undefined ? {} : { long_name: column.description }),
    ...(column.scale === undefined ? {} : { scale_factor: new Float64Array([column.scale]) }),
    ...(column.offset === undefined ? {} : { add_offset: new Float64Array([column.offset]) }),
    // Not CF's valid_range, which makes readers hide values, and is in raw counts.
    ...(column.range === undefined ? {} : { range: new Float64Array(column.range) }),
    // CF's words for a byte with meanings, and xarray's for a bool.
    ...(column.dtype === "bool"
      ? { flag_values: new Uint8Array([0, 1]), flag_meanings: "false true", dtype: "bool" }
      : {}),
    source,
  };
}
