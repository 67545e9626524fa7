import { functionNotFound } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { checkSize } from "../limits/sizes.ts";
import type { Native, Place, Steps } from "../packages/native.ts";
import { select } from "../packages/registry.ts";
import { typeName } from "../values/type-name.ts";
import type { FunctionPointer, Shared, Value } from "../values/value.ts";
import { located } from "./located.ts";
import { Frame, ScriptFunction, signals, Unit } from "./machine.ts";
import { TemporaryPlace } from "./places.ts";

const typeAliases: Readonly<Record<string, string>> = { int: "i64", float: "f64" };

/** The function of a script that takes a call; methods of a type only where `this` is of that type. */
export function scriptFunction(
  unit: Unit,
  name: string,
  count: number,
  self?: Place,
): ScriptFunction | undefined {
  const candidates = unit.program.find(name, count);
  if (candidates.length === 0) return undefined;
  return candidates.find(({ definition: { thisType } }) => {
    if (thisType === undefined) return true;
    return self !== undefined && typeName(self.get()) === (typeAliases[thisType] ?? thisType);
  });
}

/** Calls a function of a script. The parameters become its own. */
export function* callScript(
  callee: ScriptFunction,
  unit: Unit,
  parameters: readonly (Value | Shared)[],
  self?: Place,
): Steps {
  const { execution } = unit;
  const { meter, limits } = execution;
  if (execution.depth >= limits.callDepth) {
    throw new ScriptError(
      "ErrorStackOverflow",
      `Stack overflow: more than ${limits.callDepth} calls in calls`,
    );
  }
  if (++meter.operations >= meter.checkAt && meter.check()) yield undefined;
  const { definition, body } = callee;
  const frame = new Frame(definition.slotCount, unit, self);
  const slots = definition.parameterSlots;
  for (let index = 0; index < slots.length; index++) frame.slots[slots[index]!] = parameters[index]!;
  execution.depth++;
  try {
    const value = body.run !== undefined ? body.run(frame) : yield* body.steps(frame);
    return frame.signal === signals.return ? frame.result : value;
  } catch (error) {
    const failure = located(error, unit, definition.at);
    if (failure instanceof ScriptError) {
      failure.inCall(definition.name.startsWith("anon$") ? "a closure" : `function '${definition.name}'`);
    }
    throw failure;
  } finally {
    execution.depth--;
  }
}

export function signatureOf(name: string, parameters: readonly Value[]): string {
  return `${name} (${parameters.map(typeName).join(", ")})`;
}

function checkPure(native: Native, first: Place | undefined): void {
  const { body } = native;
  const changes =
    body.kind === "changing" ||
    body.kind === "replacing" ||
    (body.kind === "stepping" && body.changes === true);
  if (first?.constant === undefined || !changes) return;
  throw new ScriptError(
    "ErrorNonPureMethodCallOnConstant",
    `Non-pure method '${native.name}' cannot be called on constant ${first.constant}`,
    { details: { function: native.name } },
  );
}

/** Calls a native function that cannot suspend; `first` is where its first parameter stands. */
export function callNative(native: Native, unit: Unit, parameters: readonly Value[], first?: Place): Value {
  checkPure(native, first);
  const { body } = native;
  const { limits } = unit.execution;
  switch (body.kind) {
    case "plain": {
      const value = body.run(parameters, unit);
      if (typeof value !== "number") checkSize(value, limits);
      return value;
    }
    case "changing": {
      const value = body.run(parameters, unit);
      checkSize(parameters[0]!, limits);
      return value;
    }
    case "replacing": {
      const [replacement, value] = body.run(parameters, unit);
      checkSize(replacement, limits);
      first?.set(replacement);
      return value;
    }
    default:
      throw new ScriptError(
        "ErrorRuntime",
        `${native.name} cannot be called here, because it may have to wait.`,
      );
  }
}

export function* callNativeSteps(
  native: Native,
  unit: Unit,
  parameters: readonly Value[],
  first?: Place,
): Steps {
  const { body } = native;
  if (body.kind === "stepping") {
    checkPure(native, first);
    const value = yield* body.run(parameters, unit);
    checkSize(value, unit.execution.limits);
    return value;
  }
  if (body.kind !== "waiting") return callNative(native, unit, parameters, first);
  const value = body.run(parameters, unit);
  return value instanceof Promise ? yield value : value;
}

/** Calls what a name or a pointer means: a function of the script first, then a native one. */
export function* callNamed(unit: Unit, name: string, parameters: readonly Value[], self?: Place): Steps {
  const callee = scriptFunction(unit, name, parameters.length, self);
  if (callee !== undefined) return yield* callScript(callee, unit, parameters, self);
  const all = self === undefined ? parameters : [self.get(), ...parameters];
  const native = select(unit.execution.registry.find(name, all.length), all);
  if (native === undefined) throw functionNotFound(signatureOf(name, all));
  return yield* callNativeSteps(native, unit, all, self ?? new TemporaryPlace(all[0] ?? null));
}

export function* callPointer(
  from: Unit,
  pointer: FunctionPointer,
  parameters: readonly Value[],
  self?: Place,
): Steps {
  const all = [...pointer.curried, ...parameters];
  const home = pointer.home instanceof Unit ? pointer.home : from;
  const { callable } = pointer;
  if (!(callable instanceof ScriptFunction))
    return yield* callNamed(home, pointer.name, all as Value[], self);
  if (callable.parameterCount === all.length) return yield* callScript(callable, home, all, self);
  throw functionNotFound(
    signatureOf(pointer.name, parameters),
    `This closure takes ${callable.parameterCount - pointer.curried.length} parameters.`,
  );
}

/**
 * Calls back with as many of the parameters as the function takes; `this` is the item where it takes fewer.
 * So `filter(|item| …)`, `filter(|item, index| …)` and `filter(|| this …)` all work.
 */
export function* callBack(
  from: Unit,
  pointer: FunctionPointer,
  parameters: readonly Value[],
  self?: Place,
): Steps {
  const home = pointer.home instanceof Unit ? pointer.home : from;
  const callable = pointer.callable;
  const takes = (count: number): boolean => {
    const total = count + pointer.curried.length;
    if (callable !== undefined) return callable.parameterCount === total;
    return home.program.find(pointer.name, total).length > 0;
  };
  if (takes(0) && self !== undefined) return yield* callPointer(from, pointer, [], self);
  for (let count = 1; count < parameters.length; count++) {
    if (takes(count)) return yield* callPointer(from, pointer, parameters.slice(0, count), self);
  }
  if (takes(parameters.length)) return yield* callPointer(from, pointer, parameters, self);
  return yield* callPointer(from, pointer, parameters.slice(0, 1));
}
