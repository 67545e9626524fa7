import type { MetadataValue } from "../../model/metadata.ts";
import { mismatch } from "../errors/failures.ts";
import { Character } from "../values/character.ts";
import { Float } from "../values/float.ts";
import { typeName } from "../values/type-name.ts";
import type { Value } from "../values/value.ts";

/** A value of a script as metadata of a run. */
export function metadataOf(value: Value): MetadataValue {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof Float) return value.value;
  if (value instanceof Character) return value.text;
  if (Array.isArray(value)) return value.map(metadataOf);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, item]) => [name, metadataOf(item)]));
  throw mismatch("a text, a number, a bool, an array or a map", typeName(value));
}
