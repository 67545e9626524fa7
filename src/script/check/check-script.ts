import { functionNotFound } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import type { SourceText } from "../errors/source-text.ts";
import { specialFunctions } from "../interpreter/compile-calls.ts";
import type { Registry } from "../packages/registry.ts";
import type { Node, Script } from "../parser/syntax-tree.ts";
import { nodesOf } from "./nodes-of.ts";

/** How many parameters the functions of a name take, those of the script and those that are registered. */
function counts(name: string, script: Script, registry: Registry): ReadonlySet<number> {
  const own = script.functions
    .filter((definition) => definition.name === name)
    .map(({ parameterSlots, thisType }) => parameterSlots.length + (thisType === undefined ? 0 : 1));
  return new Set([...registry.parameterCounts(name), ...own]);
}

function described(name: string, known: ReadonlySet<number>, given: number): ScriptError {
  const takes = [...known].sort((a, b) => a - b).join(" or ");
  return known.size === 0
    ? functionNotFound(name, "Neither the script nor what it runs in has a function of this name.")
    : functionNotFound(`${name} with ${given} parameters`, `${name} takes ${takes}.`);
}

function problemOf(node: Node, script: Script, registry: Registry): ScriptError | undefined {
  switch (node.kind) {
    case "call": {
      const { name, parameters } = node;
      if (specialFunctions.has(name)) return undefined;
      const known = counts(name, script, registry);
      return known.has(parameters.length) ? undefined : described(name, known, parameters.length);
    }
    case "method-call": {
      const { name, parameters } = node;
      // A map of the script may hold a function under this name.
      if (specialFunctions.has(name) || script.propertyNames.has(name)) return undefined;
      const known = counts(name, script, registry);
      // A method of the script sees its object as `this`, a registered one as its first parameter.
      const isMethod = script.functions.some(
        (definition) => definition.name === name && definition.parameterSlots.length === parameters.length,
      );
      if (isMethod || known.has(parameters.length + 1)) return undefined;
      const without = new Set([...known].filter((count) => count > 0).map((count) => count - 1));
      return described(name, without, parameters.length);
    }
    case "free-name": {
      const { name } = node;
      if (registry.constants.has(name) || counts(name, script, registry).size > 0) return undefined;
      return new ScriptError("ErrorVariableNotFound", `Variable not found: ${name}`);
    }
    default:
      return undefined;
  }
}

/**
 * What is wrong with a script and can be seen without running it: functions that do not exist, or not with so many
 * parameters, and names that nothing has. In the order of the text.
 */
export function checkScript(script: Script, registry: Registry, source: SourceText): ScriptError[] {
  const found: { at: number; problem: ScriptError }[] = [];
  for (const node of nodesOf(script)) {
    const problem = problemOf(node, script, registry);
    if (problem !== undefined) found.push({ at: node.at, problem: problem.locate(source, node.at) });
  }
  return found.sort((a, b) => a.at - b.at).map(({ problem }) => problem);
}
