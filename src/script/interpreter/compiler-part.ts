import type { Registry } from "../packages/registry.ts";
import type { FunctionDefinition, Node } from "../parser/syntax-tree.ts";
import type { Code, ScriptFunction } from "./machine.ts";

/** What making one kind of node ready needs for the nodes inside of it. */
export interface Parts {
  readonly registry: Registry;
  code(node: Node): Code;
  /** The same, with a value that can be stored: a copy, unless nobody else holds it. */
  owned(node: Node): Code;
  /** Can calling a function or method by this name suspend the script? */
  suspends(name: string): boolean;
  functionFor(definition: FunctionDefinition): ScriptFunction;
}
