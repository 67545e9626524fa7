import type { DataKey } from "../../documents/data-key.ts";
import type { DType, TypedArray } from "../../model/dtype.ts";
import { dtypeBytes, typedView } from "../../model/dtype.ts";
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

const dtypesOfNumpy: { readonly [code: string]: DType } = {
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
function dtypeOf(stream: string, name: string, key: DataKey): DType {
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
        "device",
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
  throw new DaqError("device", `Stream ${stream}: the shape of ${name} is not fixed.`, {
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

function toNumber(value: unknown, choices: readonly string[] | undefined): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return choices?.indexOf(value) ?? Number.NaN;
  return Number(value);
}

/** Memory for so many rows of a quantity. Throws `DaqError("device")` for one that no column can hold. */
export function eventColumn(stream: string, name: string, key: DataKey, rows: number): EventColumn {
  const column = columnOf(stream, name, key);
  const extent = column.shape.reduce((product, size) => product * size, 1);
  const bytes = new Uint8Array(
    new ArrayBuffer(Math.ceil((rows * extent * dtypeBytes(column.dtype)) / 8) * 8),
  );
  const values = typedView(column.dtype, bytes.subarray(0, rows * extent * dtypeBytes(column.dtype)));
  const isWide = values instanceof BigInt64Array || values instanceof BigUint64Array;
  const validity = column.nullable === true ? new Uint8Array(rows) : undefined;
  const { choices } = key;
  const put = isWide
    ? (at: number, value: unknown) => {
        values[at] = typeof value === "bigint" ? value : BigInt(value as number);
      }
    : (at: number, value: unknown) => {
        values[at] = toNumber(value, choices);
      };
  return {
    column,
    bytes,
    ...(validity === undefined ? {} : { validity }),
    set(row, value) {
      if (validity !== undefined) validity[row] = value === null || value === undefined ? 0 : 1;
      if (value === null || value === undefined) fillMissing(values, row * extent, (row + 1) * extent);
      else if (extent === 1 && !Array.isArray(value)) put(row, value);
      else
        for (const [index, item] of (value as readonly unknown[]).flat(8).entries())
          put(row * extent + index, item);
    },
  };
}
