import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { negate } from "../values/integer-arithmetic.ts";
import { Range } from "../values/range.ts";
import type { Value } from "../values/value.ts";
import type { Node } from "./syntax-tree.ts";

/** The value of an expression that is the same every time: the cases of a `switch`. Undefined for others. */
export function literalValue(node: Node): Value | undefined {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "unary": {
      const value = literalValue(node.operand);
      if (node.operator === "-" && isInteger(value)) return negate(value);
      if (node.operator === "-" && value instanceof Float) return new Float(-value.value);
      return undefined;
    }
    case "binary": {
      if (node.operator !== ".." && node.operator !== "..=") return undefined;
      const from = literalValue(node.left);
      const to = literalValue(node.right);
      return isInteger(from) && isInteger(to) ? new Range(from, to, node.operator === "..=") : undefined;
    }
    case "array":
      return all(node.items);
    case "map": {
      const values = all(node.items);
      return values === undefined
        ? undefined
        : new Map(node.names.map((name, index) => [name, values[index]!]));
    }
    default:
      return undefined;
  }
}

function all(nodes: readonly Node[]): Value[] | undefined {
  const values: Value[] = [];
  for (const node of nodes) {
    const value = literalValue(node);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
