import type { DataKey } from "../../documents/data-key.ts";
import { integerProblemOf } from "../../documents/storing-problem.ts";
import { type NumberDType, numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";
import { columnOfKey } from "./column-of-key.ts";

/** Rows of one quantity in memory, as the ring takes them. */
export type EventColumn = {
  readonly column: Column;
  readonly bytes: Uint8Array;
  /** Absent for a quantity that always has a value: a time. */
  readonly validity?: Uint8Array;
  /** `undefined` and `null` are missing. Throws `DaqError("format")` for what is no value of the column. */
  set(row: number, value: unknown): void;
};

/** Says how a value is not what was described. */
type Refuse = (what: string) => never;

/** How a value is put into its row; false where there is none, and the row is to be as if it were empty. */
type PutRow = (row: number, value: unknown) => boolean;

/** JSON's texts for the numbers that it does not have. */
const notFinite: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** Memory for so many rows of a quantity. Throws `DaqError("format")` for one that no column can hold. */
export function eventColumn(stream: string, name: string, key: DataKey, rows: number): EventColumn {
  const column = columnOfKey(stream, name, key);
  const itemBytes = columnItemBytes(column);
  const bytes = new Uint8Array(new ArrayBuffer(Math.ceil((rows * itemBytes) / 8) * 8));
  const validity = column.nullable === true ? new Uint8Array(rows) : undefined;
  const refuse: Refuse = (what) => {
    throw new DaqError("format", `Stream ${stream}: ${name} ${what}.`, {
      hint: "The descriptor has to say what the events hold; correct the program or the device that gave it.",
    });
  };
  const part = bytes.subarray(0, rows * itemBytes);
  const putRow = putRowOf(column, part, key.choices, refuse);
  const missing = missingItem(column);
  return {
    column,
    bytes,
    ...(validity === undefined ? {} : { validity }),
    set(row, value) {
      const isThere = putRow(row, value);
      if (!isThere) bytes.set(missing, row * itemBytes);
      if (validity !== undefined) validity[row] = Number(isThere);
    },
  };
}

/** What stands where there is no value: it is masked, and must not pass for one either. */
function missingItem(column: Column): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(columnItemBytes(column)));
  if (column.dtype === "float32" || column.dtype === "float64")
    (typedView(column.dtype, bytes) as Float32Array | Float64Array).fill(Number.NaN);
  return bytes;
}

function putRowOf(
  column: Column,
  bytes: Uint8Array,
  choices: readonly string[] | undefined,
  refuse: Refuse,
): PutRow {
  if (column.dtype === "string") return textPut(column, bytes, refuse);
  if (column.dtype === "bool") return boolPut(bytes, refuse);
  return numbersPut(column, bytes, choices, refuse);
}

function textPut({ maxBytes = 0 }: Column, bytes: Uint8Array, refuse: Refuse): PutRow {
  return (row, value) => {
    if (value === null || value === undefined) return false;
    if (typeof value !== "string") return refuse(`is ${String(value)}, where a text was described`);
    const problem = textProblem(value, maxBytes);
    if (problem !== undefined) return refuse(problem);
    putText(bytes.subarray(row * maxBytes, (row + 1) * maxBytes), value);
    return true;
  };
}

function boolPut(bytes: Uint8Array, refuse: Refuse): PutRow {
  return (row, value) => {
    if (value === null || value === undefined) return false;
    if (value !== true && value !== false && value !== 0 && value !== 1)
      return refuse(`is ${String(value)}, where true or false was described`);
    bytes[row] = Number(value);
    return true;
  };
}

function numbersPut(
  column: Column,
  bytes: Uint8Array,
  choices: readonly string[] | undefined,
  refuse: Refuse,
): PutRow {
  const extent = column.shape.reduce((product, size) => product * size, 1);
  const dtype = numberDType(column.dtype);
  const put = putInto(typedView(dtype, bytes), dtype, refuse);
  return (row, value) => {
    if (!Array.isArray(value)) {
      const number = toNumber(value, choices);
      if (number === undefined) return false;
      if (extent > 1) refuse(`is a single value, where a list of ${extent} was described`);
      return put(row * extent, number);
    }
    const items = value.flat(8);
    if (items.length !== extent) refuse(`is a list of ${items.length}, where one of ${extent} was described`);
    let isWhole = true;
    for (const [index, item] of items.entries())
      if (!put(row * extent + index, toNumber(item, choices))) isWhole = false;
    return isWhole;
  };
}

/** Undefined for what no number stands for: `null`, or a text that is not one of the few. */
function toNumber(value: unknown, choices: readonly string[] | undefined): number | bigint | undefined {
  switch (typeof value) {
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return Number(value);
    case "string": {
      if (choices === undefined) return notFinite[value];
      const choice = choices.indexOf(value);
      return choice < 0 ? undefined : choice;
    }
    default:
      return undefined;
  }
}

/** How a number is put in its place; false when there is none that these values can have. */
function putInto(
  values: TypedArray,
  dtype: NumberDType,
  refuse: Refuse,
): (at: number, value: number | bigint | undefined) => boolean {
  if (values instanceof Float64Array || values instanceof Float32Array)
    return (at, value) => {
      values[at] = value === undefined ? Number.NaN : Number(value);
      return true;
    };
  const problemOf = integerProblemOf(dtype);
  return (at, value) => {
    if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return false;
    const problem = problemOf(value);
    if (problem !== undefined) refuse(problem);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[at] = BigInt(value);
    else values[at] = Number(value);
    return true;
  };
}
