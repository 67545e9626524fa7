import { Blob } from "./blob.ts";
import { Character } from "./character.ts";
import { Float } from "./float.ts";
import { Range, SteppedRange } from "./range.ts";
import { Timestamp } from "./timestamp.ts";
import { FunctionPointer, HostObject, type Value } from "./value.ts";

/** What `type_of` says, and what signatures in messages are written with. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "number":
    case "bigint":
      return "i64";
    case "string":
      return "string";
    case "boolean":
      return "bool";
  }
  if (value === null) return "()";
  if (value instanceof Float) return "f64";
  if (Array.isArray(value)) return "array";
  if (value instanceof Map) return "map";
  if (value instanceof Character) return "char";
  if (value instanceof FunctionPointer) return "Fn";
  if (value instanceof Range) return value.inclusive ? "range=" : "range";
  if (value instanceof Blob) return "blob";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof SteppedRange) return "iterator";
  if (value instanceof HostObject) return value.type.name;
  throw new TypeError("A value of no type of the script got into it.");
}
