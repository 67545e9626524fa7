import { type DType, dtypeBytes, isDType, isNumberDType } from "./dtype.ts";
import { DaqError } from "./errors.ts";
import type { Metadata } from "./metadata.ts";
import { mostTextBytes } from "./text-values.ts";

/**
 * One named quantity of a stream. A scalar column has `shape: []`; a frame or a spectrum has the shape of one
 * record, slowest dimension first, and a name for each dimension in `dims`.
 */
export type Column = {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  /** `string` columns, which need it: room for one text, in bytes of UTF-8. */
  readonly maxBytes?: number;
  /** Unit of the physical value, in the spelling of UDUNITS/NeXus: "V", "mW", "ms"; absent for a pure number. */
  readonly unit?: string;
  /** A nullable column carries a validity mask: a value that a device did not give is missing, never 0. */
  readonly nullable?: boolean;
  /** Raw counts: physical value = stored × scale + offset, in `unit`. Absent: stored values are physical. */
  readonly scale?: number;
  readonly offset?: number;
  /** Smallest and largest value that the source can give, in `unit`. */
  readonly range?: readonly [number, number];
  readonly description?: string;
};

/**
 * What one source produces. `table`: scalar (or small) columns, one row per sample. `array`: frames of one fixed
 * shape and dtype, one column. Every record has a sequence number from 0 without holes and a timestamp in integer
 * nanoseconds (UTC).
 */
export type StreamSchema = {
  readonly name: string;
  readonly kind: "table" | "array";
  readonly columns: readonly Column[];
  /** The driver and what it is attached to: "sim.camera", "command: ffmpeg …". */
  readonly source: string;
  /** Who took the timestamps: the device's own clock, or this machine's when the record entered the ring. */
  readonly clock: "device" | "system";
  /** Nominal records per second; with it, records in one batch without timestamps of their own are spaced evenly. */
  readonly rateHz?: number;
  /** The device's settings, as they were when the stream was opened. */
  readonly metadata?: Metadata;
};

/** Column names that files use for the record's own index. */
export const indexColumns = ["timestamp", "sequence"] as const;

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** True for names that are safe in every format and as a part of a file name. */
export function isStreamName(name: string): boolean {
  return namePattern.test(name) && !name.includes("..");
}

/** Bytes of one record of this column. */
export function columnItemBytes({ dtype, shape, maxBytes = 0 }: Column): number {
  if (dtype === "string") return maxBytes;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  return dtype === "bool" ? elements : elements * dtypeBytes(dtype);
}

/** What is wrong with a column that is a text or a switch; numbers have no more rules than a shape. */
function elementProblem({ dtype, shape, maxBytes, ...rest }: Column): string | undefined {
  if (dtype !== "string" && maxBytes !== undefined) return `maxBytes is for string columns, this is ${dtype}`;
  if (isNumberDType(dtype)) return undefined;
  if (shape.length > 0) return `a ${dtype} column has a single value a record: its shape must be []`;
  for (const key of ["unit", "scale", "offset", "range"] as const)
    if (rest[key] !== undefined) return `a ${dtype} column has no ${key}`;
  if (dtype === "bool" || (Number.isInteger(maxBytes) && maxBytes! >= 1 && maxBytes! <= mostTextBytes))
    return undefined;
  return `a string column needs maxBytes, the room for one text: 1 to ${mostTextBytes} bytes of UTF-8`;
}

/** Checks a schema that comes from a driver, a file or another process. Throws `DaqError("format")`. */
export function parseStreamSchema(value: unknown): StreamSchema {
  const fail = (problem: string): never => {
    throw new DaqError("format", `Stream schema: ${problem}`);
  };
  const schema = value as StreamSchema;
  if (typeof schema !== "object" || schema === null) fail("expected an object");
  if (typeof schema.name !== "string" || !isStreamName(schema.name))
    fail(`name ${JSON.stringify(schema.name)} must be 1–100 letters, digits, '_', '-' or '.'`);
  if (schema.kind !== "table" && schema.kind !== "array")
    fail(`${schema.name}: kind must be "table" or "array"`);
  if (!Array.isArray(schema.columns) || schema.columns.length === 0) fail(`${schema.name}: no columns`);
  if (schema.kind === "array" && schema.columns.length !== 1)
    fail(`${schema.name}: an array stream has one column`);
  if (schema.clock !== "device" && schema.clock !== "system")
    fail(`${schema.name}: clock must be "device" or "system"`);
  if (schema.rateHz !== undefined && !(Number.isFinite(schema.rateHz) && schema.rateHz > 0))
    fail(`${schema.name}: rateHz must be a positive number`);
  const seen = new Set<string>(indexColumns);
  for (const column of schema.columns) {
    const where = `${schema.name}.${column.name}`;
    if (typeof column.name !== "string" || column.name.length === 0)
      fail(`${schema.name}: a column without a name`);
    if (seen.has(column.name))
      fail(`${where}: the name is used twice or reserved (${indexColumns.join(", ")})`);
    seen.add(column.name);
    if (!isDType(column.dtype)) fail(`${where}: unknown dtype ${JSON.stringify(column.dtype)}`);
    if (!Array.isArray(column.shape) || column.shape.some((n) => !Number.isInteger(n) || n < 1))
      fail(`${where}: shape must be a list of positive integers`);
    if (!Array.isArray(column.dims) || column.dims.length !== column.shape.length)
      fail(`${where}: dims must name each of the ${column.shape.length} dimensions`);
    const problem = elementProblem(column);
    if (problem !== undefined) fail(`${where}: ${problem}`);
    if (schema.kind === "array" && !isNumberDType(column.dtype))
      fail(`${where}: frames are of numbers, not of ${column.dtype}`);
    if (columnItemBytes(column) > 2 ** 31) fail(`${where}: one record is larger than 2 GiB`);
  }
  return schema;
}
