import type { FlatbufferTable } from "./flatbuffer.ts";

/** The types of `Schema.fbs`, in the order of the union `Type`; the words are the specification's. */
const typeNames = [
  "none",
  "null",
  "int",
  "float",
  "binary",
  "utf8",
  "bool",
  "decimal",
  "date",
  "time",
  "timestamp",
  "interval",
  "list",
  "struct",
  "union",
  "fixed_size_binary",
  "fixed_size_list",
  "map",
  "duration",
  "large_binary",
  "large_utf8",
  "large_list",
  "run_end_encoded",
  "binary_view",
  "utf8_view",
  "list_view",
  "large_list_view",
] as const;

export type TypeName = (typeof typeNames)[number];

export type TimeUnitName = "s" | "ms" | "us" | "ns";

const timeUnits: readonly TimeUnitName[] = ["s", "ms", "us", "ns"];

/** What a file says about the type of a field, as far as values of fixed width need it. */
export type FieldType = {
  readonly name: TypeName;
  /** int, float, date, time, timestamp, duration. */
  readonly bits?: number;
  readonly signed?: boolean;
  readonly unit?: TimeUnitName;
  readonly timezone?: string;
  /** fixed_size_list: values a record. */
  readonly listSize?: number;
  /** union: dense ones have one buffer more. */
  readonly dense?: boolean;
};

const floatBits = [16, 32, 64];

export function decodeFieldType(tag: number, table: FlatbufferTable | undefined): FieldType {
  const name = typeNames[tag];
  if (name === undefined) throw new RangeError(`a field has the unknown type ${tag}`);
  if (table === undefined) return { name };
  switch (name) {
    case "int":
      return { name, bits: table.int32(0, 0), signed: table.uint8(1, 0) !== 0 };
    case "float":
      return { name, bits: floatBits[table.int16(0, 0)] ?? 0 };
    case "date":
      return table.int16(0, 1) === 0 ? { name, bits: 32 } : { name, bits: 64, unit: "ms" };
    case "time":
      return { name, bits: table.int32(1, 32), ...unitOf(table.int16(0, 1)) };
    case "timestamp": {
      const timezone = table.string(1);
      return {
        name,
        bits: 64,
        ...unitOf(table.int16(0, 0)),
        ...(timezone === undefined ? {} : { timezone }),
      };
    }
    case "duration":
      return { name, bits: 64, ...unitOf(table.int16(0, 1)) };
    case "fixed_size_list":
      return { name, listSize: table.int32(0, 0) };
    case "union":
      return { name, dense: table.int16(0, 0) === 1 };
    default:
      return { name };
  }
}

function unitOf(index: number): { unit: TimeUnitName } {
  const unit = timeUnits[index];
  if (unit === undefined) throw new RangeError(`${index} is not a time unit`);
  return { unit };
}

/** How many buffers a field of this type has in a record batch, without its children's and a view's data buffers. */
export function bufferCount(type: FieldType, dictionaryEncoded: boolean): number {
  if (dictionaryEncoded) return 2;
  switch (type.name) {
    case "none":
    case "null":
    case "run_end_encoded":
      return 0;
    case "struct":
    case "fixed_size_list":
      return 1;
    case "union":
      return type.dense === true ? 2 : 1;
    case "binary":
    case "utf8":
    case "large_binary":
    case "large_utf8":
    case "list_view":
    case "large_list_view":
      return 3;
    default:
      return 2;
  }
}

/** The type as a person writes it: "timestamp[us, UTC]". */
export function describeType(type: FieldType): string {
  switch (type.name) {
    case "int":
      return `${type.signed === true ? "" : "u"}int${type.bits}`;
    case "float":
      return `float${type.bits}`;
    case "timestamp":
      return `timestamp[${type.timezone === undefined ? type.unit : `${type.unit}, ${type.timezone}`}]`;
    case "duration":
    case "time":
      return `${type.name}[${type.unit}]`;
    default:
      return type.name;
  }
}
