import { functionNotFound, mismatch } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import { checkStringLength } from "../limits/sizes.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { negate } from "../values/integer-arithmetic.ts";
import { showValue } from "../values/show-value.ts";
import { typeName } from "../values/type-name.ts";
import { FunctionPointer, Shared, type Value } from "../values/value.ts";
import { binaryOperation } from "./binary-operation.ts";
import { apply1, apply2, applyAll, direct, stepping } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { integerShortcut } from "./integer-shortcuts.ts";
import { located } from "./located.ts";
import type { Code, Frame } from "./machine.ts";

export function compileVariable({ variable }: tree.VariableRead): Code {
  const { slot } = variable;
  return direct((frame) => {
    const value = frame.slots[slot]!;
    return value instanceof Shared ? value.value : value;
  }, false);
}

export function compileFreeName({ name, at }: tree.FreeName): Code {
  return direct((frame) => {
    const { unit } = frame;
    const constant = unit.execution.registry.constants.get(name);
    if (constant !== undefined) return constant;
    if (unit.program.has(name)) return new FunctionPointer(name, unit, undefined);
    throw new ScriptError("ErrorVariableNotFound", `Variable not found: ${name}`, {
      details: { variable: name },
      ...(unit.constants.has(name)
        ? { hint: `Write global::${name}: functions see constants only so.` }
        : {}),
    }).locate(unit.source, at);
  }, false);
}

export function compileThis({ at }: tree.This): Code {
  return direct((frame) => {
    if (frame.self === undefined) {
      throw new ScriptError("ErrorUnboundThis", "'this' not bound").locate(frame.unit.source, at);
    }
    return frame.self.get();
  }, false);
}

export function compileTemplate({ parts }: tree.Template, { code }: Parts): Code {
  return applyAll(parts.map(code), (frame, values) => {
    let text = "";
    for (const value of values) {
      text += showValue(value);
      checkStringLength(text.length, frame.unit.limits);
    }
    return text;
  });
}

export function compileArray({ items }: tree.ArrayItems, { owned }: Parts): Code {
  // A literal inside of a loop is made anew each time.
  return applyAll(items.map(owned), (_frame, values) => values);
}

export function compileMap({ names, items }: tree.MapEntries, { owned }: Parts): Code {
  return applyAll(
    items.map(owned),
    (_frame, values) => new Map(names.map((name, index) => [name, values[index]!])),
  );
}

export function compileUnary({ operator, operand, at }: tree.Unary, { code }: Parts): Code {
  const attempt =
    (operation: (value: Value) => Value) =>
    (frame: Frame, value: Value): Value => {
      try {
        return operation(value);
      } catch (error) {
        throw located(error, frame.unit, at);
      }
    };
  if (operator === "!") {
    return apply1(
      code(operand),
      attempt((value) => {
        if (typeof value === "boolean") return !value;
        throw functionNotFound(`! (${typeName(value)})`);
      }),
    );
  }
  return apply1(
    code(operand),
    attempt((value) => {
      if (isInteger(value)) return operator === "-" ? negate(value) : value;
      if (value instanceof Float) return operator === "-" ? new Float(-value.value) : value;
      throw functionNotFound(`${operator} (${typeName(value)})`);
    }),
  );
}

type Quick = (a: number, b: number) => Value | undefined;

/** The operations that loops are made of, for integers that fit; undefined sends them the long way. */
const quick: Partial<Record<tree.BinaryOperator, Quick>> = {
  "+": (a, b) => (Number.isSafeInteger(a + b) ? a + b : undefined),
  "-": (a, b) => (Number.isSafeInteger(a - b) ? a - b : undefined),
  "*": (a, b) => (Number.isSafeInteger(a * b) ? a * b + 0 : undefined),
  "%": (a, b) => (b === 0 ? undefined : (a % b) + 0),
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** An operator as a function of two values. */
export function operationOf(
  operator: tree.BinaryOperator,
  at: number,
): (frame: Frame, a: Value, b: Value) => Value {
  const short = quick[operator];
  return (frame, a, b) => {
    if (typeof a === "number" && typeof b === "number" && short !== undefined) {
      const result = short(a, b);
      if (result !== undefined) return result;
    }
    try {
      return binaryOperation(operator, a, b, frame.unit);
    } catch (error) {
      throw located(error, frame.unit, at);
    }
  };
}

export function compileBinary({ operator, left, right, at }: tree.Binary, { code }: Parts): Code {
  const long = apply2(code(left), code(right), operationOf(operator, at));
  const short = long.run === undefined ? undefined : integerShortcut(operator, left, right, long.run);
  return short === undefined ? long : direct(short);
}

function checkBoolean(value: Value, frame: Frame, at: number): boolean {
  if (typeof value === "boolean") return value;
  throw mismatch("bool", typeName(value)).locate(frame.unit.source, at);
}

/** The right side is evaluated only when the left one does not decide. */
export function compileLogic({ operator, left, right, at }: tree.Logic, { code }: Parts): Code {
  const decides = (value: Value, frame: Frame): boolean => {
    if (operator === "??") return value !== null;
    return checkBoolean(value, frame, at) === (operator === "||");
  };
  const finish = (value: Value, frame: Frame): Value =>
    operator === "??" ? value : checkBoolean(value, frame, at);
  const first = code(left);
  const second = code(right);
  const fresh = first.fresh && second.fresh;
  const jumps = first.jumps || second.jumps;
  const { run } = first;
  const other = second.run;
  if (run !== undefined && other !== undefined) {
    return direct(
      (frame) => {
        const value = run(frame);
        if (frame.signal !== 0 || decides(value, frame)) return value;
        const next = other(frame);
        return frame.signal !== 0 ? next : finish(next, frame);
      },
      fresh,
      jumps,
    );
  }
  return stepping(
    function* (frame) {
      const value = first.run !== undefined ? first.run(frame) : yield* first.steps(frame);
      if (frame.signal !== 0 || decides(value, frame)) return value;
      const next = second.run !== undefined ? second.run(frame) : yield* second.steps(frame);
      return frame.signal !== 0 ? next : finish(next, frame);
    },
    fresh,
    jumps,
  );
}

export function compileClosure({ definition, captures }: tree.Closure, { functionFor }: Parts): Code {
  const closure = functionFor(definition);
  return direct((frame) => {
    const shared = captures.map(({ slot }) => {
      const held = frame.slots[slot]!;
      if (held instanceof Shared) return held;
      const cell = new Shared(held);
      frame.slots[slot] = cell;
      return cell;
    });
    return new FunctionPointer(closure.name, frame.unit, closure, shared);
  });
}

export function ownedCode(code: Code): Code {
  if (code.fresh) return code;
  return apply1(code, (frame, value) =>
    typeof value === "object" && value !== null ? copyValue(value, frame.unit.meter) : value,
  );
}
