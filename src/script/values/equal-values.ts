import { Blob } from "./blob.ts";
import { Character } from "./character.ts";
import { Float } from "./float.ts";
import { type Integer, isInteger } from "./integer.ts";
import { Range } from "./range.ts";
import { Timestamp } from "./timestamp.ts";
import { FunctionPointer, HostObject, type Value } from "./value.ts";

/** What `==` says. Integers equal floats of the same value, a character the string of it; other mixtures never. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (a instanceof Float) {
    return b instanceof Float || isInteger(b) ? floatOrder(a.value, numberOf(b)) === 0 : false;
  }
  if (b instanceof Float) return isInteger(a) && floatOrder(Number(a), b.value) === 0;
  if (typeof a === "string") return b instanceof Character && b.text === a;
  if (typeof a !== "object") return false;
  if (a instanceof Character) return b instanceof Character ? a.text === b.text : a.text === b;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (a instanceof Blob) return b instanceof Blob && equalItems(a.bytes, b.bytes);
  if (a instanceof Range) {
    return b instanceof Range && a.inclusive === b.inclusive && a.from === b.from && a.to === b.to;
  }
  if (a instanceof Timestamp) return b instanceof Timestamp && a.milliseconds === b.milliseconds;
  if (a instanceof HostObject) return b instanceof HostObject && a.target === b.target;
  if (a instanceof FunctionPointer) {
    return (
      b instanceof FunctionPointer && a.name === b.name && a.curried.length === 0 && b.curried.length === 0
    );
  }
  return false;
}

/** What `switch` asks: the same type and the same value. */
export function sameValue(a: Value, b: Value): boolean {
  if (a instanceof Float !== b instanceof Float) return false;
  if (a instanceof Float && b instanceof Float) return a.value === b.value;
  if (a instanceof Character !== b instanceof Character) return false;
  return equalValues(a, b);
}

function equalItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, index) => equalValues(item, b[index]!));
}

function equalMaps(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || !equalValues(value, other)) return false;
  }
  return true;
}

/** Below, at, or above zero; undefined for what has no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  const left = comparable(a);
  const right = comparable(b);
  // Truth has an order of its own, and none with numbers.
  if ((typeof a === "boolean") !== (typeof b === "boolean")) return undefined;
  if (
    left === undefined ||
    right === undefined ||
    (typeof left === "string") !== (typeof right === "string")
  ) {
    return undefined;
  }
  if (typeof left === "string" || typeof right === "string") {
    return compareText(String(left), String(right));
  }
  if (a instanceof Float || b instanceof Float) return floatOrder(Number(left), Number(right));
  if (left < right) return -1;
  if (left > right) return 1;
  return 0;
}

function comparable(value: Value): Integer | string | undefined {
  if (isInteger(value) || typeof value === "string") return value;
  if (value instanceof Float) return value.value;
  if (value instanceof Character) return value.text;
  if (value instanceof Timestamp) return value.milliseconds;
  if (typeof value === "boolean") return value ? 1 : 0;
  return undefined;
}

/** By characters: UTF-16 units have another order beyond the first 65,536. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return a.codePointAt(at)! - b.codePointAt(at)!;
}

function numberOf(value: Integer | Float): number {
  return value instanceof Float ? value.value : Number(value);
}

/** Floats closer than rounding can tell apart are equal, as the book has it: `0.1 + 0.2 == 0.3`. */
function floatOrder(x: number, y: number): number {
  if (x === y) return 0;
  const difference = x - y;
  if (!Number.isFinite(difference)) return Number.isNaN(difference) ? Number.NaN : Math.sign(difference);
  const tolerance = x === 0 || y === 0 ? Number.EPSILON : Math.max(Math.abs(x), Math.abs(y)) * Number.EPSILON;
  return Math.abs(difference) < tolerance ? 0 : Math.sign(difference);
}
