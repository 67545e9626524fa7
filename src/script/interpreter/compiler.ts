import type { SourceText } from "../errors/source-text.ts";
import type { Registry } from "../packages/registry.ts";
import { parseScript } from "../parser/parser.ts";
import type { FunctionDefinition, Node, Script } from "../parser/syntax-tree.ts";
import { direct } from "./code.ts";
import { compileIndex, compileOptional, compileProperty } from "./compile-access.ts";
import { compileAssign, compileLet } from "./compile-assignment.ts";
import { compileCall, compileMethodCall } from "./compile-calls.ts";
import { compileThrow, compileTry } from "./compile-failures.ts";
import { compileBlock, compileIf, compileJump, compileSwitch } from "./compile-flow.ts";
import { compileFor, compileLoop } from "./compile-loops.ts";
import { compileExport, compileImport, compileQualified } from "./compile-modules.ts";
import * as values from "./compile-values.ts";
import type { Parts } from "./compiler-part.ts";
import { type Code, Program, ScriptFunction } from "./machine.ts";

/** Reads a script and makes it ready to run with the functions of a registry. */
export function compileProgram(source: SourceText, registry: Registry): Program {
  return new Compiler(parseScript(source), registry).program(source);
}

class Compiler implements Parts {
  readonly registry: Registry;
  readonly #script: Script;
  readonly #ownNames: ReadonlySet<string>;

  constructor(script: Script, registry: Registry) {
    this.registry = registry;
    this.#script = script;
    this.#ownNames = new Set(script.functions.map(({ name }) => name));
  }

  program(source: SourceText): Program {
    const functions = this.#script.functions.map(this.functionFor);
    return new Program(source, this.code(this.#script.body), this.#script.slotCount, functions);
  }

  /** A map may hold a function under the name of a method, so such names count, too. */
  readonly suspends = (name: string): boolean =>
    this.registry.suspends(name) ||
    this.#ownNames.has(name) ||
    this.#script.propertyNames.has(name) ||
    name === "call" ||
    !this.registry.has(name);

  readonly functionFor = (definition: FunctionDefinition): ScriptFunction =>
    new ScriptFunction(definition, ({ body }) => this.owned(body));

  readonly owned = (node: Node): Code => values.ownedCode(this.code(node));

  readonly code = (node: Node): Code => {
    switch (node.kind) {
      case "literal": {
        const { value } = node;
        return direct(() => value);
      }
      case "template":
        return values.compileTemplate(node, this);
      case "variable":
        return values.compileVariable(node);
      case "free-name":
        return values.compileFreeName(node);
      case "this":
        return values.compileThis(node);
      case "array":
        return values.compileArray(node, this);
      case "map":
        return values.compileMap(node, this);
      case "unary":
        return values.compileUnary(node, this);
      case "binary":
        return values.compileBinary(node, this);
      case "logic":
        return values.compileLogic(node, this);
      case "closure":
        return values.compileClosure(node, this);
      case "index":
        return compileIndex(node, this);
      case "property":
        return compileProperty(node, this);
      case "optional":
        return compileOptional(node, this);
      case "call":
        return compileCall(node, this);
      case "method-call":
        return compileMethodCall(node, this);
      case "qualified":
        return compileQualified(node, this);
      case "block":
        return compileBlock(node, this);
      case "if":
        return compileIf(node, this);
      case "switch":
        return compileSwitch(node, this);
      case "loop":
        return compileLoop(node, this);
      case "for":
        return compileFor(node, this);
      case "let":
        return compileLet(node, this);
      case "assign":
        return compileAssign(node, this);
      case "jump":
        return compileJump(node, this);
      case "throw":
        return compileThrow(node, this);
      case "try":
        return compileTry(node, this);
      case "import":
        return compileImport(node, this);
      case "export":
        return compileExport(node);
    }
  };
}
