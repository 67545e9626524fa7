import { functionNotFound, mismatch } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { typeName } from "../values/type-name.ts";
import { HostObject, type HostType, Shared, type Value } from "../values/value.ts";
import { callScript, signatureOf } from "./calls.ts";
import { applySteps, direct } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { located } from "./located.ts";
import type { Code, Frame, Module } from "./machine.ts";

/** A module, in the slot of its alias, whose name no expression can read. */
const moduleType: HostType = { name: "module" };

export function compileImport({ path, alias, isGlobal, at }: tree.Import, { code }: Parts): Code {
  return applySteps([code(path)], function* (frame, [name]) {
    try {
      if (typeof name !== "string") throw mismatch("string", typeName(name!));
      const module = yield* frame.unit.execution.importModule(name, frame.unit);
      if (alias === undefined) return null;
      frame.slots[alias.slot] = new HostObject(moduleType, module);
      if (isGlobal) frame.unit.modules.set(alias.name.slice(0, -2), module);
      return null;
    } catch (error) {
      throw located(error, frame.unit, at);
    }
  });
}

export function compileExport({ variable, alias }: tree.Export): Code {
  return direct((frame) => {
    const held = frame.slots[variable.slot]!;
    frame.unit.exported.set(alias, copyValue(held instanceof Shared ? held.value : held, frame.unit.meter));
    return null;
  });
}

export function compileQualified(node: tree.Qualified, { owned }: Parts): Code {
  const { alias, path, name, parameters, at } = node;
  const full = [...path, name].join("::");
  const moduleIn = (frame: Frame): Module => {
    const held = alias === undefined ? undefined : frame.slots[alias.slot];
    let module =
      held instanceof HostObject && held.type === moduleType
        ? (held.target as Module)
        : frame.unit.modules.get(path[0]!);
    for (const part of path.slice(1)) module = module?.unit.modules.get(part);
    if (module !== undefined) return module;
    throw new ScriptError("ErrorModuleNotFound", `Module not found: ${path.join("::")}`, {
      details: { module: path.join("::") },
    }).locate(frame.unit.source, at);
  };
  if (parameters === undefined) {
    return direct((frame) => {
      const isGlobal = path.length === 1 && path[0] === "global" && !frame.unit.modules.has("global");
      const variables = isGlobal ? frame.unit.constants : moduleIn(frame).variables;
      const value = variables.get(name);
      if (value !== undefined) return value;
      throw new ScriptError("ErrorVariableNotFound", `Variable not found: ${full}`, {
        details: { variable: full },
      }).locate(frame.unit.source, at);
    }, false);
  }
  return applySteps(parameters.map(owned), function* (frame, values: Value[]) {
    try {
      const { unit } = moduleIn(frame);
      const callee = unit.program.find(name, values.length).find(({ definition }) => !definition.isPrivate);
      if (callee === undefined) throw functionNotFound(signatureOf(full, values));
      return yield* callScript(callee, unit, values);
    } catch (error) {
      throw located(error, frame.unit, at);
    }
  });
}
