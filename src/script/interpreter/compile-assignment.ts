import { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import { checkSize } from "../limits/sizes.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { Blob } from "../values/blob.ts";
import { isInteger } from "../values/integer.ts";
import { Shared, type Value } from "../values/value.ts";
import { apply1, applyAll, direct } from "./code.ts";
import { operationOf } from "./compile-values.ts";
import type { Parts } from "./compiler-part.ts";
import { integerStepShortcut } from "./integer-shortcuts.ts";
import { located } from "./located.ts";
import type { Code, Frame } from "./machine.ts";
import { planPlace } from "./place-plan.ts";

export function compileLet({ variable, value, isGlobalConstant }: tree.Let, { owned }: Parts): Code {
  const { slot, name } = variable;
  return apply1(value === undefined ? direct(() => null) : owned(value), (frame, initial) => {
    // A new variable each time, even where a closure holds the one of the turn before.
    frame.slots[slot] = initial;
    if (isGlobalConstant) frame.unit.constants.set(name, initial);
    return null;
  });
}

/** Changes a container where it stands; undefined where a new value has to be made. */
function extend(target: Value, value: Value, frame: Frame): Value | undefined {
  const { limits, meter } = frame.unit;
  if (Array.isArray(target)) {
    const added = copyValue(value, meter);
    if (Array.isArray(added)) for (const item of added) target.push(item);
    else target.push(added);
  } else if (target instanceof Map && value instanceof Map) {
    for (const [name, item] of copyValue(value, meter) as Map<string, Value>) target.set(name, item);
  } else if (target instanceof Blob && value instanceof Blob) {
    for (const byte of value.bytes.slice()) target.bytes.push(byte);
  } else if (target instanceof Blob && isInteger(value)) {
    target.bytes.push(Number(BigInt.asUintN(8, BigInt(value))));
  } else return undefined;
  checkSize(target, limits);
  return target;
}

export function compileAssign(node: tree.Assign, parts: Parts): Code {
  const { operator, target, value, at } = node;
  if (target.kind === "free-name") return unknownVariable(target);
  const operation = operator === undefined ? undefined : operationOf(operator, at);
  const update = (frame: Frame, before: Value, operand: Value): Value =>
    (operator === "+" ? extend(before, operand, frame) : undefined) ?? operation!(frame, before, operand);
  const source = parts.owned(value);
  if (target.kind === "variable") {
    const { slot } = target.variable;
    const long = apply1(source, (frame, operand) => {
      const held = frame.slots[slot]!;
      if (held instanceof Shared) {
        held.value = operation === undefined ? operand : update(frame, held.value, operand);
      } else frame.slots[slot] = operation === undefined ? operand : update(frame, held, operand);
      return null;
    });
    const short = long.run === undefined ? undefined : integerStepShortcut(operator, slot, value, long.run);
    return short === undefined ? long : direct(short);
  }
  const plan = planPlace(target, parts);
  return applyAll([source, ...plan.operands], (frame, values) => {
    const operand = values[0]!;
    try {
      const place = plan.locate(frame, values, 1);
      place.set(operation === undefined ? operand : update(frame, place.get(), operand));
      return null;
    } catch (error) {
      throw located(error, frame.unit, target.at);
    }
  });
}

function unknownVariable({ name, at }: tree.FreeName): Code {
  return direct((frame) => {
    throw new ScriptError("ErrorVariableNotFound", `Variable not found: ${name}`, {
      details: { variable: name },
    }).locate(frame.unit.source, at);
  });
}
