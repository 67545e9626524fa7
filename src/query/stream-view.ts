import { fieldNames } from "../formats/csv/fields.ts";
import { indexColumns, type StreamSchema } from "../model/stream-schema.ts";
import { columnType, isQueryable, scalarType } from "./column-type.ts";
import type { StreamFile } from "./query-file.ts";
import { sqlName, sqlText } from "./sql-text.ts";

/**
 * How a query gets at the records of a file. `needs`: what is not there before the file is loaded into a table; asking for it
 * is an error that names the marker, and never an answer. Absent: DuckDB reads the file itself, and only what is asked for.
 */
export type StreamView = { readonly select: string; readonly needs?: "times" | "all" };

/** DuckDB takes these in a path for a pattern. */
const isPattern = (path: string) => /[*?[\]{}]/.test(path);

/** Undefined for a file that can be neither read nor loaded, because of its name. */
export function streamView(file: StreamFile, marker: string): StreamView | undefined {
  const { path, format, schema } = file;
  if (schema === undefined) return isPattern(path) ? undefined : { select: foreignSelect(file) };
  if (isPattern(path) || (format !== "parquet" && format !== "csv"))
    return { select: unloadedSelect(schema, marker), needs: "all" };
  if (format === "csv") return { select: csvSelect(path, schema) };
  return { select: parquetSelect(path, schema, marker), needs: "times" };
}

/** The columns of the table that a stream is loaded into. */
export function tableColumns(schema: StreamSchema): string {
  return columnsOf(schema)
    .map(([name, type]) => `${sqlName(name)} ${type}`)
    .join(", ");
}

function columnsOf(schema: StreamSchema): (readonly [name: string, type: string])[] {
  const own = schema.columns.filter(isQueryable).map((column) => [column.name, columnType(column)] as const);
  return [["timestamp", "TIMESTAMP_NS"], ["sequence", "BIGINT"], ...own];
}

function foreignSelect({ path, format }: StreamFile): string {
  return `select * from ${format === "csv" ? "read_csv" : "read_parquet"}(${sqlText(path)})`;
}

/** Fails when it is read before its records are loaded; until then it tells names and types. */
function unloadedSelect(schema: StreamSchema, marker: string): string {
  const columns = columnsOf(schema).map(
    ([name, type]) => `error(${sqlText(marker)})::${type} as ${sqlName(name)}`,
  );
  return `select ${columns.join(", ")} from range(1) where error(${sqlText(marker)})`;
}

/** DuckDB would round times with a zone to microseconds: whoever asks for them gets the loaded table instead. */
function parquetSelect(path: string, schema: StreamSchema, marker: string): string {
  const columns = schema.columns.filter(isQueryable).map(({ name }) => sqlName(name));
  const inner = ["sequence", ...columns, `error(${sqlText(marker)})::TIMESTAMP_NS as ${sqlName(marker)}`];
  const outer = [`${sqlName(marker)} as "timestamp"`, "sequence", ...columns];
  return `select ${outer.join(", ")} from (select ${inner.join(", ")} from read_parquet(${sqlText(path)}))`;
}

function csvSelect(path: string, schema: StreamSchema): string {
  const types = schema.columns.flatMap((column) => {
    const count = column.shape.reduce((product, extent) => product * extent, 1);
    return Array.from({ length: count }, () => scalarType(column.dtype));
  });
  const fields = fieldNames(schema).map(
    (name, at) => [name, types[at - indexColumns.length] ?? "BIGINT"] as const,
  );
  const columns = fields.map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`).join(", ");
  const options = `header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, columns = {${columns}}`;
  return `select make_timestamp_ns("timestamp") as "timestamp", * exclude ("timestamp") from read_csv(${sqlText(path)}, ${options})`;
}
