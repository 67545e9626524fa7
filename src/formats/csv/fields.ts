import { RowLayout } from "../../bytes/row-text/row-layout.ts";
import { type Column, isStreamName, type StreamSchema } from "../../model/stream-schema.ts";

/** A column with a shape is spread over this many fields at most; larger ones are frames. */
export const mostElements = 1024;
/** Excel and LibreOffice show 16,384 columns (XFD) and drop the rest in silence. */
const mostFields = 16_384;
/** No row can be longer: without a bound, a stray quote would read the rest of the file into memory. */
export const mostRowBytes = 16 * 1024 * 1024;

/** The names in the header line: the record's index, then each column; `name[0]`, `name[1]` … where it has a shape. */
export function fieldNames(stream: StreamSchema): string[] {
  return ["timestamp", "sequence", ...stream.columns.flatMap(columnFieldNames)];
}

export function columnFieldNames({ name, shape }: Pick<Column, "name" | "shape">): string[] {
  return spread(name, shape);
}

function spread(name: string, shape: readonly number[]): string[] {
  const [extent, ...rest] = shape;
  if (extent === undefined) return [name];
  return Array.from({ length: extent }, (_, index) => spread(`${name}[${index}]`, rest)).flat();
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** What CSV cannot hold of this stream, as a sentence; undefined when it can. */
export function refusal(stream: StreamSchema): string | undefined {
  const { name, kind, columns } = stream;
  if (!isStreamName(name))
    return `Stream ${JSON.stringify(name)} cannot be the name of a CSV file: 1–100 letters, digits, "_", "-" and "." are possible, in arrow as well.`;
  if (kind === "array") return `CSV cannot hold the frames of ${name}: use arrow, hdf5 or zarr for them.`;
  for (const column of columns) {
    if (!column.name.isWellFormed() || column.name.includes("\0"))
      return `CSV cannot hold the column name ${JSON.stringify(column.name)} of ${name}: it is not valid text; use arrow, or rename it.`;
    if (elementCount(column.shape) > mostElements)
      return `CSV cannot hold ${name}.${column.name}: a record has ${elementCount(column.shape)} elements, ${mostElements} at most can be spread over fields; use arrow, hdf5 or zarr.`;
  }
  const fieldCount = columns.reduce((sum, { shape }) => sum + elementCount(shape), 2);
  if (fieldCount > mostFields)
    return `CSV cannot hold ${name}: a record would have ${fieldCount} fields, and spreadsheets read ${mostFields}; use arrow, hdf5 or zarr.`;
  const seen = new Set<string>();
  for (const field of fieldNames(stream)) {
    if (seen.has(field))
      return `CSV cannot hold ${name}: two fields would both be called ${JSON.stringify(field)}; rename the column, or use arrow.`;
    seen.add(field);
  }
  const { longestRowBytes } = new RowLayout(stream);
  if (longestRowBytes > mostRowBytes)
    return `CSV cannot hold ${name}: with the longest texts that it may have, a row would take ${longestRowBytes} bytes, ${mostRowBytes} at most can be read; use arrow, or a smaller maxBytes.`;
  return undefined;
}

/** The header line with its line end. */
export function headerLine(stream: StreamSchema): string {
  return `${fieldNames(stream).map(quoted).join(",")}\r\n`;
}

function quoted(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
