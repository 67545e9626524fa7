import { functionNotFound, mismatch } from "../errors/failures.ts";
import type { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import type { Place } from "../packages/native.ts";
import { select } from "../packages/registry.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { typeName } from "../values/type-name.ts";
import { FunctionPointer, Shared, type Value } from "../values/value.ts";
import {
  callNamed,
  callNative,
  callNativeSteps,
  callPointer,
  callScript,
  scriptFunction,
  signatureOf,
} from "./calls.ts";
import { applyAll, applySteps, direct } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { located } from "./located.ts";
import type { Code, Frame } from "./machine.ts";
import { planPlace } from "./place-plan.ts";
import { TemporaryPlace } from "./places.ts";

/** Functions of the language itself, which look at more than the values of their parameters. */
const special: Readonly<Record<string, (node: tree.Call, parts: Parts) => Code>> = {
  call: compilePointerCall,
  is_shared: compileIsShared,
  is_def_var: compileIsDefinedVariable,
};

/** Names that are called with parameters of any number. */
export const specialFunctions: ReadonlySet<string> = new Set(Object.keys(special));

export function compileCall(node: tree.Call, parts: Parts): Code {
  const { name, parameters, at } = node;
  if (Object.hasOwn(special, name) && parameters.length > 0) return special[name]!(node, parts);
  // Natives see the first parameter where it stands, and change it there.
  const first = parameters[0];
  const place = first?.kind === "variable" || first?.kind === "this" ? planPlace(first, parts) : undefined;
  const suspends = parts.suspends(name);
  const operands = parameters.map((parameter, index) =>
    index === 0 && !suspends
      ? parts.code(parameter)
      : index === 0
        ? parts.code(parameter)
        : parts.owned(parameter),
  );
  const placeOf = (frame: Frame, values: readonly Value[]): Place | undefined =>
    values.length === 0 ? undefined : (place?.locate(frame, values, 0) ?? new TemporaryPlace(values[0]!));
  if (!suspends) {
    const natives = parts.registry.find(name, parameters.length);
    return applyAll(
      operands,
      (frame, values) => {
        try {
          const native = select(natives, values);
          if (native === undefined) throw notFound(name, values, parts);
          return callNative(native, frame.unit, values, placeOf(frame, values));
        } catch (error) {
          throw located(error, frame.unit, at);
        }
      },
      false,
    );
  }
  return applySteps(
    operands,
    function* (frame, values) {
      try {
        const callee = scriptFunction(frame.unit, name, values.length);
        if (callee !== undefined) {
          if (values.length > 0) values[0] = copyValue(values[0]!, frame.unit.meter);
          return yield* callScript(callee, frame.unit, values);
        }
        const native = select(parts.registry.find(name, values.length), values);
        if (native === undefined) throw notFound(name, values, parts);
        return yield* callNativeSteps(native, frame.unit, values, placeOf(frame, values));
      } catch (error) {
        throw located(error, frame.unit, at);
      }
    },
    false,
  );
}

function notFound(name: string, values: readonly Value[], parts: Parts): ScriptError {
  const known = parts.registry.has(name)
    ? `${name} exists, but not for these types of parameters.`
    : undefined;
  return functionNotFound(signatureOf(name, values), known);
}

/** `call(pointer, …)`. */
function compilePointerCall({ parameters, at }: tree.Call, parts: Parts): Code {
  return applySteps(parameters.map(parts.owned), function* (frame, [pointer, ...values]) {
    try {
      if (!(pointer instanceof FunctionPointer)) throw mismatch("Fn", typeName(pointer!));
      return yield* callPointer(frame.unit, pointer, values);
    } catch (error) {
      throw located(error, frame.unit, at);
    }
  });
}

function compileIsShared({ parameters }: tree.Call, _parts: Parts): Code {
  const [parameter] = parameters;
  if (parameter?.kind !== "variable") return direct(() => false);
  const { slot } = parameter.variable;
  return direct((frame) => frame.slots[slot] instanceof Shared);
}

function compileIsDefinedVariable({ parameters }: tree.Call, { code }: Parts): Code {
  return applyAll(
    parameters.map(code),
    (frame, [name]) =>
      typeof name === "string" &&
      (frame.unit.constants.has(name) || frame.unit.execution.registry.constants.has(name)),
  );
}

export function compileMethodCall(node: tree.MethodCall, parts: Parts): Code {
  const { object, name, parameters, at } = node;
  if (name === "is_shared" && parameters.length === 0) {
    return compileIsShared({ kind: "call", name, parameters: [object], at }, parts);
  }
  const plan = planPlace(object, parts);
  const operands = [...plan.operands, ...parameters.map(parts.owned)];
  const count = plan.operands.length;
  if (!parts.suspends(name)) {
    const natives = parts.registry.find(name, parameters.length + 1);
    return applyAll(
      operands,
      (frame, operandValues) => {
        try {
          const place = plan.locate(frame, operandValues, 0);
          const values = [place.get(), ...operandValues.slice(count)];
          const native = select(natives, values);
          if (native === undefined) throw notFound(name, values, parts);
          return callNative(native, frame.unit, values, place);
        } catch (error) {
          throw located(error, frame.unit, at);
        }
      },
      false,
    );
  }
  return applySteps(
    operands,
    function* (frame, operandValues) {
      try {
        const place = plan.locate(frame, operandValues, 0);
        return yield* callMethod(frame, place, name, operandValues.slice(count));
      } catch (error) {
        throw located(error, frame.unit, at);
      }
    },
    false,
  );
}

function* callMethod(frame: Frame, place: Place, name: string, parameters: Value[]) {
  const { unit } = frame;
  const self = place.get();
  if (name === "call") {
    if (self instanceof FunctionPointer) return yield* callPointer(unit, self, parameters);
    const [pointer, ...others] = parameters;
    if (pointer instanceof FunctionPointer) return yield* callPointer(unit, pointer, others, place);
  }
  // A function that a map holds is a method of it.
  const held = self instanceof Map ? self.get(name) : undefined;
  if (held instanceof FunctionPointer) return yield* callPointer(unit, held, parameters, place);
  return yield* callNamed(unit, name, parameters, place);
}
