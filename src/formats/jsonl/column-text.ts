import type { ColumnValues } from "../../model/batch.ts";
import { isNumberDType, typedView } from "../../model/dtype.ts";
import { elementReader } from "../../model/element-reader.ts";
import type { Column } from "../../model/stream-schema.ts";

/** JSON has no NaN and no infinities: they are texts. Without its point, Python would take -0 for an integer. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function elementTextOf(column: Column, bytes: Uint8Array): (index: number) => string {
  const { dtype } = column;
  if (!isNumberDType(dtype)) {
    const elementAt = elementReader(column, bytes);
    return (index) => JSON.stringify(elementAt(index));
  }
  const values = typedView(dtype, bytes);
  if (values instanceof Float64Array || values instanceof Float32Array)
    return (index) => floatText(values[index]!);
  return (index) => String(values[index]);
}

/** The JSON text of rows `from` to `to` of a column: a list with a value, a list of the column's shape, or null for each. */
export function columnText(
  column: Column,
  { bytes, validity }: ColumnValues,
  from: number,
  to: number,
): string {
  const elementText = elementTextOf(column, bytes);
  const { shape } = column;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const nested = (dimension: number, at: number, extent: number): string => {
    if (dimension === shape.length) return elementText(at);
    const inner = extent / shape[dimension]!;
    const parts: string[] = [];
    for (let index = 0; index < shape[dimension]!; index++)
      parts.push(nested(dimension + 1, at + index * inner, inner));
    return `[${parts.join(",")}]`;
  };
  const parts: string[] = [];
  for (let row = from; row < to; row++)
    parts.push(validity?.[row] === 0 ? "null" : nested(0, row * elements, elements));
  return `[${parts.join(",")}]`;
}
