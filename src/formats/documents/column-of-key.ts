import type { DataKey } from "../../documents/data-key.ts";
import { dtypeOfNumpy } from "../../documents/numpy-dtype.ts";
import { textRoomOf } from "../../documents/text-room.ts";
import type { DType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";
import { mostTextBytes } from "../../model/text-values.ts";

/** A switch is a bool, in a list 0 or 1; a text that is one of a few is its number among them. */
function dtypeOf(stream: string, name: string, key: DataKey): DType {
  const isList = (key.shape?.length ?? 0) > 0;
  const ofSwitches = isList ? "uint8" : "bool";
  const exact = dtypeOfNumpy(key.dtype_numpy);
  if (exact !== undefined) return exact === "bool" ? ofSwitches : exact;
  switch (key.dtype) {
    case "number":
      return "float64";
    case "integer":
      return "int64";
    case "boolean":
      return ofSwitches;
    default:
      if (key.dtype === "string" && (key.choices?.length ?? 0) > 0) return "uint16";
      if (key.dtype === "string" && !isList) return "string";
      throw new DaqError(
        "format",
        `Stream ${stream}: ${name} is a list of ${key.dtype === "string" ? "texts" : "an unknown type"}, which no column can hold.`,
        {
          hint: `Let ${key.object_name ?? "the device"} give it as a parameter, which goes into the descriptor, or as single quantities.`,
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

/** The column that has the values of a data key. Throws `DaqError("format")` for one that no column can hold. */
export function columnOfKey(stream: string, name: string, key: DataKey): Column {
  const shape = shapeOf(stream, name, key);
  const dtype = dtypeOf(stream, name, key);
  const ofNumbers = dtype === "string" || dtype === "bool" ? {} : numberFacts(key);
  const choices = key.choices?.map((choice, number) => `${number} = ${choice}`).join(", ");
  return {
    name,
    dtype,
    shape,
    dims: shape.map((_, index) => key.dims?.[index] ?? `${name}_dim_${index}`),
    ...(dtype === "string" ? { maxBytes: Math.min(textRoomOf(key), mostTextBytes) } : {}),
    ...ofNumbers,
    ...(key.time_of === undefined ? { nullable: true } : {}),
    description: choices === undefined ? key.source : `${key.source}: ${choices}`,
  };
}

function numberFacts({ units, limits }: DataKey): Pick<Column, "unit" | "range"> {
  const { low, high } = limits?.control ?? {};
  return {
    ...(typeof units === "string" ? { unit: units } : {}),
    ...(typeof low === "number" && typeof high === "number" ? { range: [low, high] as const } : {}),
  };
}
