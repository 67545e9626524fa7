import { Blob } from "../values/blob.ts";
import { Character } from "../values/character.ts";
import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { Range } from "../values/range.ts";
import { Timestamp } from "../values/timestamp.ts";
import { FunctionPointer, HostObject, type Value } from "../values/value.ts";
import type { ParameterType } from "./native.ts";

const tests: Readonly<Record<string, (value: Value) => boolean>> = {
  any: () => true,
  int: isInteger,
  float: (value) => value instanceof Float,
  number: (value) => isInteger(value) || value instanceof Float,
  string: (value) => typeof value === "string",
  char: (value) => value instanceof Character,
  text: (value) => typeof value === "string" || value instanceof Character,
  bool: (value) => typeof value === "boolean",
  array: Array.isArray,
  map: (value) => value instanceof Map,
  blob: (value) => value instanceof Blob,
  range: (value) => value instanceof Range,
  timestamp: (value) => value instanceof Timestamp,
  Fn: (value) => value instanceof FunctionPointer,
  "()": (value) => value === null,
};

export function matchesType(type: ParameterType, value: Value): boolean {
  if (typeof type === "string") return tests[type]!(value);
  return value instanceof HostObject && value.type === type;
}
