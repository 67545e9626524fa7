import type { DataKey } from "../../documents/data-key.ts";
import { dtypeBytes, type NumberDType, numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";

/** Rows of one quantity in memory, as the ring takes them. */
export type EventColumn = {
  readonly column: Column;
  readonly bytes: Uint8Array;
  /** Absent for a quantity that always has a value: a time. */
  readonly validity?: Uint8Array;
  set(row: number, value: unknown): void;
};

const dtypesOfNumpy: { readonly [code: string]: NumberDType } = {
  "|i1": "int8",
  "<i2": "int16",
  "<i4": "int32",
  "<i8": "int64",
  "|u1": "uint8",
  "<u2": "uint16",
  "<u4": "uint32",
  "<u8": "uint64",
  "<f4": "float32",
  "<f8": "float64",
  "|b1": "uint8",
};

/** A table has numbers: a switch is 0 or 1, and a text that is one of a few is its number among them. */
function dtypeOf(stream: string, name: string, key: DataKey): NumberDType {
  const numpy = typeof key.dtype_numpy === "string" ? dtypesOfNumpy[key.dtype_numpy] : undefined;
  if (numpy !== undefined) return numpy;
  switch (key.dtype) {
    case "number":
      return "float64";
    case "integer":
      return "int64";
    case "boolean":
      return "uint8";
    default:
      if (key.dtype === "string" && (key.choices?.length ?? 0) > 0) return "uint16";
      throw new DaqError(
        "format",
        `Stream ${stream}: ${name} is ${key.dtype === "string" ? "a text" : "a list of an unknown type"}, which no table of numbers can hold.`,
        {
          hint: `Let ${key.object_name ?? "the device"} give it as a parameter, which goes into the descriptor, or say its \`choices\`.`,
        },
      );
  }
}

function shapeOf(stream: string, name: string, key: DataKey): readonly number[] {
  const shape = key.shape ?? [];
  if (shape.every((extent) => typeof extent === "number" && extent > 0)) return shape as readonly number[];
  throw new DaqError("format", `Stream ${stream}: the shape of ${name} is not fixed.`, {
    hint: "A column has values of one shape. Let the device give a fixed number of values, or produce frames.",
  });
}

function columnOf(stream: string, name: string, key: DataKey): Column {
  const shape = shapeOf(stream, name, key);
  const { low, high } = key.limits?.control ?? {};
  const unit = key.units ?? undefined;
  const choices = key.choices?.map((choice, number) => `${number} = ${choice}`).join(", ");
  return {
    name,
    dtype: dtypeOf(stream, name, key),
    shape,
    dims: shape.map((_, index) => key.dims?.[index] ?? `${name}_dim_${index}`),
    ...(unit === undefined ? {} : { unit }),
    ...(key.time_of === undefined ? { nullable: true } : {}),
    ...(typeof low === "number" && typeof high === "number" ? { range: [low, high] as const } : {}),
    description: choices === undefined ? key.source : `${key.source}: ${choices}`,
  };
}

/** What stands where there is no value: it is masked, and must not pass for one either. */
function fillMissing(values: TypedArray, from: number, to: number): void {
  if (values instanceof Float64Array || values instanceof Float32Array) values.fill(Number.NaN, from, to);
  else if (values instanceof BigInt64Array || values instanceof BigUint64Array) values.fill(0n, from, to);
  else values.fill(0, from, to);
}

/** JSON's texts for the numbers that it does not have. */
const notFinite: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

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

type Put = (at: number, value: number | bigint | undefined) => boolean;

/** How a number is put in its place; false when there is none that these values can have. */
function putInto(values: TypedArray, refuse: (value: number | bigint) => never): Put {
  if (values instanceof Float64Array || values instanceof Float32Array)
    return (at, value) => {
      values[at] = value === undefined ? Number.NaN : Number(value);
      return true;
    };
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return (at, value) => {
      if (!isFiniteNumber(value)) return false;
      if (typeof value === "number" && !Number.isInteger(value)) return refuse(value);
      values[at] = BigInt(value);
      return true;
    };
  return (at, value) => {
    if (!isFiniteNumber(value)) return false;
    values[at] = Number(value);
    return true;
  };
}

function isFiniteNumber(value: number | bigint | undefined): value is number | bigint {
  return value !== undefined && (typeof value === "bigint" || Number.isFinite(value));
}

/** Memory for so many rows of a quantity. Throws `DaqError("format")` for one that no column can hold. */
export function eventColumn(stream: string, name: string, key: DataKey, rows: number): EventColumn {
  const column = columnOf(stream, name, key);
  const extent = column.shape.reduce((product, size) => product * size, 1);
  const bytes = new Uint8Array(
    new ArrayBuffer(Math.ceil((rows * extent * dtypeBytes(numberDType(column.dtype))) / 8) * 8),
  );
  const values = typedView(
    numberDType(column.dtype),
    bytes.subarray(0, rows * extent * dtypeBytes(numberDType(column.dtype))),
  );
  const validity = column.nullable === true ? new Uint8Array(rows) : undefined;
  const { choices } = key;
  const refuse = (what: string, described: string): never => {
    throw new DaqError("format", `Stream ${stream}: ${name} is ${what}, where ${described} was described.`, {
      hint: "The descriptor has to say what the events hold; correct the program or the device that gave it.",
    });
  };
  const put = putInto(values, (value) => refuse(String(value), column.dtype));
  /** False when the row has no value, or a list misses one that integers cannot leave out. */
  const putRow = (row: number, value: unknown): boolean => {
    if (!Array.isArray(value)) {
      const number = toNumber(value, choices);
      if (number === undefined) return false;
      if (extent > 1) refuse("a single value", `a list of ${extent}`);
      return put(row * extent, number);
    }
    const items = value.flat(8);
    if (items.length !== extent) refuse(`a list of ${items.length}`, `one of ${extent}`);
    let isWhole = true;
    for (const [index, item] of items.entries())
      if (!put(row * extent + index, toNumber(item, choices))) isWhole = false;
    return isWhole;
  };
  return {
    column,
    bytes,
    ...(validity === undefined ? {} : { validity }),
    set(row, value) {
      const isThere = putRow(row, value);
      if (!isThere) fillMissing(values, row * extent, (row + 1) * extent);
      if (validity !== undefined) validity[row] = Number(isThere);
    },
  };
}
