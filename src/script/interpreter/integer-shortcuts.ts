import type { BinaryOperator, Node } from "../parser/syntax-tree.ts";
import type { Value } from "../values/value.ts";
import type { Frame } from "./machine.ts";

// A variable and a written integer are what most conditions and steps of loops are made of. Each operator has a function of
// its own here: one that looks its operation up is several times slower.

type Run = (frame: Frame) => Value;

/** `variable operator constant` where the variable holds an integer; everything else goes the long way. */
export function integerShortcut(
  operator: BinaryOperator,
  left: Node,
  right: Node,
  longWay: Run,
): Run | undefined {
  if (left.kind !== "variable" || right.kind !== "literal" || typeof right.value !== "number")
    return undefined;
  const { slot } = left.variable;
  const constant = right.value;
  switch (operator) {
    case "<":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value < constant : longWay(frame);
      };
    case "<=":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value <= constant : longWay(frame);
      };
    case ">":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value > constant : longWay(frame);
      };
    case ">=":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value >= constant : longWay(frame);
      };
    case "==":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value === constant : longWay(frame);
      };
    case "!=":
      return (frame) => {
        const value = frame.slots[slot];
        return typeof value === "number" ? value !== constant : longWay(frame);
      };
    case "+":
      return (frame) => {
        const value = frame.slots[slot];
        const sum = typeof value === "number" ? value + constant : Number.NaN;
        return Number.isSafeInteger(sum) ? sum : longWay(frame);
      };
    case "-":
      return (frame) => {
        const value = frame.slots[slot];
        const difference = typeof value === "number" ? value - constant : Number.NaN;
        return Number.isSafeInteger(difference) ? difference : longWay(frame);
      };
    default:
      return undefined;
  }
}

/** `variable += constant` and `variable -= constant`, likewise. */
export function integerStepShortcut(
  operator: BinaryOperator | undefined,
  slot: number,
  value: Node,
  longWay: Run,
): Run | undefined {
  if ((operator !== "+" && operator !== "-") || value.kind !== "literal") return undefined;
  if (typeof value.value !== "number") return undefined;
  const step = operator === "+" ? value.value : -value.value;
  return (frame) => {
    const before = frame.slots[slot];
    const after = typeof before === "number" ? before + step : Number.NaN;
    if (!Number.isSafeInteger(after)) return longWay(frame);
    frame.slots[slot] = after;
    return null;
  };
}
