import type { DType } from "../model/dtype.ts";
import { type Column, columnItemBytes } from "../model/stream-schema.ts";

/** DuckDB's name of each dtype. */
const typeNames: Record<DType, string> = {
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  uint8: "UTINYINT",
  uint16: "USMALLINT",
  uint32: "UINTEGER",
  uint64: "UBIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  bool: "BOOLEAN",
  string: "VARCHAR",
};

/** Values of one record that are still a spectrum; more are an image, which is not for tables. */
const mostItemBytes = 64 << 10;

export function scalarType(dtype: DType): string {
  return typeNames[dtype];
}

/** A column with a shape is one list, in C order, as in a Parquet file. */
export function columnType({ dtype, shape }: Column): string {
  return `${typeNames[dtype]}${shape.length > 0 ? "[]" : ""}`;
}

/** True for columns that a query sees: images are left out. */
export function isQueryable(column: Column): boolean {
  return columnItemBytes(column) <= mostItemBytes;
}
