import { indexOutOfBounds, mismatch } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { getBits, setBits } from "../values/bits.ts";
import { Blob } from "../values/blob.ts";
import { Character, charactersOf, isAscii } from "../values/character.ts";
import { type Integer, isInteger } from "../values/integer.ts";
import { Range } from "../values/range.ts";
import { resolveRange } from "../values/resolve-range.ts";
import { typeName } from "../values/type-name.ts";
import type { Value } from "../values/value.ts";

/** Where an index leads; negative ones count from the end. */
function position(kind: "array" | "string", length: number, index: Integer): number {
  const at = index < 0 ? length + Number(index) : Number(index);
  if (at < 0 || at >= length) throw indexOutOfBounds(kind, length, index);
  return at;
}

export function getIndex(object: Value, index: Value): Value {
  if (Array.isArray(object)) {
    if (typeof index === "number" && index >= 0 && index < object.length) return object[index]!;
    if (isInteger(index)) return object[position("array", object.length, index)]!;
    throw badIndex(object, index, "i64");
  }
  if (object instanceof Map) {
    if (typeof index === "string") return object.get(index) ?? null;
    throw badIndex(object, index, "string");
  }
  if (typeof object === "string") return characterAt(object, index);
  if (isInteger(object)) return getBits(object, index);
  if (object instanceof Blob && isInteger(index)) {
    return object.bytes[position("array", object.bytes.length, index)]!;
  }
  throw badIndex(object, index);
}

/** Returns the container as it is then: another one for strings and integers, which cannot be changed. */
export function setIndex(object: Value, index: Value, value: Value): Value {
  if (Array.isArray(object)) {
    if (!isInteger(index)) throw badIndex(object, index, "i64");
    object[position("array", object.length, index)] = value;
    return object;
  }
  if (object instanceof Map) {
    if (typeof index !== "string") throw badIndex(object, index, "string");
    object.set(index, value);
    return object;
  }
  if (typeof object === "string") return withCharacters(object, index, value);
  if (isInteger(object)) return setBits(object, index, value);
  if (object instanceof Blob && isInteger(index)) {
    if (!isInteger(value)) throw mismatch("i64", typeName(value));
    object.bytes[position("array", object.bytes.length, index)] = Number(BigInt.asUintN(8, BigInt(value)));
    return object;
  }
  throw badIndex(object, index);
}

function badIndex(object: Value, index: Value, expected?: string): ScriptError {
  if (expected !== undefined) return mismatch(expected, typeName(index));
  return new ScriptError(
    "ErrorIndexingType",
    `Indexer unavailable: ${typeName(object)} [${typeName(index)}]`,
  );
}

function characterAt(text: string, index: Value): Value {
  if (index instanceof Range) {
    const characters = charactersOf(text);
    const { from, count } = resolveRange(index, characters.length);
    return characters.slice(from, from + count).join("");
  }
  if (!isInteger(index)) throw badIndex(text, index, "i64");
  if (isAscii(text)) return Character.of(text[position("string", text.length, index)]!);
  const characters = charactersOf(text);
  return Character.of(characters[position("string", characters.length, index)]!);
}

function withCharacters(text: string, index: Value, value: Value): string {
  const characters = charactersOf(text);
  let from = 0;
  let count = 1;
  if (index instanceof Range) ({ from, count } = resolveRange(index, characters.length));
  else if (isInteger(index)) from = position("string", characters.length, index);
  else throw badIndex(text, index, "i64");
  if (index instanceof Range ? typeof value !== "string" : !(value instanceof Character)) {
    throw mismatch(index instanceof Range ? "string" : "char", typeName(value));
  }
  const put = value instanceof Character ? value.text : String(value);
  return characters.slice(0, from).join("") + put + characters.slice(from + count).join("");
}
