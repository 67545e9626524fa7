import { functionNotFound } from "../errors/failures.ts";
import { copyValue } from "../limits/copy-value.ts";
import { checkStringLength } from "../limits/sizes.ts";
import { select } from "../packages/registry.ts";
import type { BinaryOperator } from "../parser/syntax-tree.ts";
import { Blob } from "../values/blob.ts";
import { Character } from "../values/character.ts";
import { compareValues, equalValues } from "../values/equal-values.ts";
import { Float } from "../values/float.ts";
import { type Integer, isInteger } from "../values/integer.ts";
import * as integers from "../values/integer-arithmetic.ts";
import { Range } from "../values/range.ts";
import { showValue } from "../values/show-value.ts";
import { Timestamp } from "../values/timestamp.ts";
import { typeName } from "../values/type-name.ts";
import type { Value } from "../values/value.ts";
import type { Unit } from "./machine.ts";

const ofIntegers: Readonly<Record<string, (a: Integer, b: Integer) => Value>> = {
  "+": integers.add,
  "-": integers.subtract,
  "*": integers.multiply,
  "/": integers.divide,
  "%": integers.remainder,
  "**": integers.power,
  "<<": integers.shiftLeft,
  ">>": integers.shiftRight,
  "&": integers.bitAnd,
  "|": integers.bitOr,
  "^": integers.bitXor,
  "..": (a, b) => new Range(a, b, false),
  "..=": (a, b) => new Range(a, b, true),
};

const ofFloats: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
};

const ofBooleans: Readonly<Record<string, (a: boolean, b: boolean) => boolean>> = {
  "&": (a, b) => a && b,
  "|": (a, b) => a || b,
  "^": (a, b) => a !== b,
};

const orders: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** What an operator gives for two values of any type. The operands stay as they are. */
export function binaryOperation(operator: BinaryOperator, a: Value, b: Value, unit: Unit): Value {
  if (operator === "==") return hostOperation(operator, a, b, unit) ?? equalValues(a, b);
  if (operator === "!=") return hostOperation(operator, a, b, unit) ?? !equalValues(a, b);
  if (operator === "in") return contains(b, a, unit);
  const order = orders[operator];
  if (order !== undefined) {
    const found = compareValues(a, b);
    // Values of different types have no order: no comparison of them holds.
    return found === undefined ? (hostOperation(operator, a, b, unit) ?? false) : order(found);
  }
  const result = arithmeticOf(operator, a, b, unit) ?? hostOperation(operator, a, b, unit);
  if (result !== undefined) return result;
  throw functionNotFound(`${operator} (${typeName(a)}, ${typeName(b)})`);
}

function hostOperation(operator: string, a: Value, b: Value, unit: Unit): Value | undefined {
  const native = select(unit.execution.registry.find(operator, 2), [a, b]);
  return native?.body.kind === "plain" ? native.body.run([a, b], unit) : undefined;
}

function contains(container: Value, item: Value, unit: Unit): Value {
  const native = select(unit.execution.registry.find("contains", 2), [container, item]);
  if (native?.body.kind === "plain") return native.body.run([container, item], unit);
  throw functionNotFound(`contains (${typeName(container)}, ${typeName(item)})`);
}

function arithmeticOf(operator: string, a: Value, b: Value, unit: Unit): Value | undefined {
  if (isInteger(a) && isInteger(b)) return ofIntegers[operator]?.(a, b);
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) {
    const operation = ofFloats[operator];
    return operation === undefined ? undefined : new Float(operation(left, right));
  }
  if (typeof a === "boolean" && typeof b === "boolean") return ofBooleans[operator]?.(a, b);
  if (operator === "+") return sumOf(a, b, unit);
  if (operator === "-") return differenceOf(a, b);
  return undefined;
}

function numberOf(value: Value): number | undefined {
  if (value instanceof Float) return value.value;
  return isInteger(value) ? Number(value) : undefined;
}

function sumOf(a: Value, b: Value, unit: Unit): Value | undefined {
  if (typeof a === "string" || typeof b === "string" || (isText(a) && isText(b))) {
    if (a instanceof Blob || b instanceof Blob) return undefined;
    const text = showValue(a) + showValue(b);
    checkStringLength(text.length, unit.limits);
    return text;
  }
  if (Array.isArray(a)) {
    const right = Array.isArray(b) ? b : [b];
    return copyValue([...a, ...right], unit.meter);
  }
  if (a instanceof Map && b instanceof Map) return copyValue(new Map([...a, ...b]), unit.meter);
  if (a instanceof Blob && b instanceof Blob)
    return copyValue(new Blob([...a.bytes, ...b.bytes]), unit.meter);
  const seconds = numberOf(b);
  if (a instanceof Timestamp && seconds !== undefined) return new Timestamp(a.milliseconds + seconds * 1000);
  return undefined;
}

function isText(value: Value): boolean {
  return typeof value === "string" || value instanceof Character;
}

function differenceOf(a: Value, b: Value): Value | undefined {
  if (typeof a === "string" && isText(b)) return a.replaceAll(showValue(b), "");
  if (!(a instanceof Timestamp)) return undefined;
  if (b instanceof Timestamp) return new Float((a.milliseconds - b.milliseconds) / 1000);
  const seconds = numberOf(b);
  return seconds === undefined ? undefined : new Timestamp(a.milliseconds - seconds * 1000);
}
