import { parseError } from "../errors/parse-error.ts";
import { ScriptError } from "../errors/script-error.ts";
import type { SourceText } from "../errors/source-text.ts";
import { FlowParser } from "./flow-parser.ts";
import { FunctionScope } from "./function-scope.ts";
import type { BinaryOperator, Block, FunctionDefinition, Node, Script, Variable } from "./syntax-tree.ts";

/** Reads a script. Fails with a `ScriptError` of the kind `ErrorParsing`, whatever the text is. */
export function parseScript(source: SourceText): Script {
  try {
    return new Parser(source).script();
  } catch (error) {
    if (error instanceof ScriptError || !(error instanceof RangeError)) throw error;
    throw parseError(source, 0, "Expression exceeds maximum complexity");
  }
}

const assignments: ReadonlySet<string> = new Set([
  ...["=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^="],
]);

class Parser extends FlowParser {
  script(): Script {
    const statements = this.#statements(() => this.seesKind("end"));
    return {
      body: { kind: "block", statements, at: 0 },
      slotCount: this.scope.slotCount,
      functions: this.functions,
      propertyNames: this.propertyNames,
    };
  }

  #statements(isEnd: () => boolean): Node[] {
    const statements: Node[] = [];
    while (!isEnd()) {
      if (this.takes(";")) continue;
      if (this.sees("fn") || this.sees("private")) {
        this.#functionDefinition();
        continue;
      }
      const start = this.token;
      const statement = this.statement();
      statements.push(statement);
      if (this.takes(";") || isEnd()) continue;
      const isClosed =
        start.text === "{" || ["if", "switch", "while", "loop", "for", "do", "try"].includes(start.text);
      if (!isClosed || start.kind === "literal") throw this.unexpected("Expecting ';' to end this statement");
    }
    return statements;
  }

  protected override statementsUntilTemplate(): Node {
    const { at } = this.token;
    return this.scoped(() => ({
      kind: "block",
      statements: this.#statements(
        () => this.seesKind("template-middle") || this.seesKind("template-end") || this.seesKind("end"),
      ),
      at,
    }));
  }

  protected override block(): Block {
    const { at } = this.expect("{", "to begin a block of statements");
    return this.scoped(() => {
      const statements = this.#statements(() => this.sees("}") || this.seesKind("end"));
      this.expect("}", "to end this block");
      return { kind: "block", statements, at };
    });
  }

  protected override statement(): Node {
    const { kind, text, at } = this.token;
    if (kind !== "keyword") return this.sees("{") ? this.block() : this.#expressionOrAssignment();
    switch (text) {
      case "let":
      case "const":
        return this.#declaration();
      case "break":
      case "continue":
      case "return":
        return this.#jump(text);
      case "throw": {
        this.take();
        const value = this.#seesValue() ? this.expression() : undefined;
        return { kind: "throw", value, caught: this.scope.caught, at };
      }
      case "try":
        return this.#try();
      case "import":
        return this.#import();
      case "export":
        return this.#export();
      case "fn":
      case "private":
        throw this.error(at, "Function definitions must be at global level and cannot be inside a block");
    }
    return this.blockLike() ?? this.#expressionOrAssignment();
  }

  /** Is there a value after `return`, `break` or `throw`? */
  #seesValue(): boolean {
    return (
      !(this.sees(";") || this.sees("}") || this.sees(",") || this.sees(")") || this.seesKind("end")) &&
      !this.token.kind.startsWith("template-m") &&
      this.token.kind !== "template-end"
    );
  }

  #expressionOrAssignment(): Node {
    const target = this.expression();
    const { text, at, kind } = this.token;
    if (kind !== "symbol" || !assignments.has(text)) return target;
    this.#checkTarget(target, at);
    this.take();
    const operator = text === "=" ? undefined : (text.slice(0, -1) as BinaryOperator);
    const value = this.expression();
    return withinOptional(target, (inner) => ({ kind: "assign", operator, target: inner, value, at }));
  }

  #checkTarget(target: Node, at: number): void {
    if (target.kind === "optional") this.#checkTarget(target.rest, at);
    if (target.kind === "optional" || target.kind === "free-name") return;
    if (!["variable", "this", "index", "property"].includes(target.kind)) {
      throw this.error(at, "Expression cannot be assigned to");
    }
    if (target.kind === "property") this.propertyNames.add(target.name);
    const root = this.rootOf(target);
    if (root !== undefined && root !== "this" && root.constant && root.name !== "") {
      throw this.error(target.at, `Cannot assign to constant ${root.name}`);
    }
  }

  #declaration(): Node {
    const constant = this.take().text === "const";
    const { text: name, at } = this.expectName("a variable");
    const value = this.takes("=") ? this.expression() : undefined;
    const isGlobalConstant = constant && this.scope.isScript && this.scope.isOutermostBlock;
    // Declared only now: its own value cannot mean the new one.
    return { kind: "let", variable: this.scope.declare(name, constant), value, isGlobalConstant, at };
  }

  #jump(to: "break" | "continue" | "return"): Node {
    const { at } = this.take();
    if (to !== "return" && this.scope.loopDepth === 0) {
      throw this.error(
        at,
        `${to === "break" ? "Break" : "Continue"} statement should only be used inside a loop`,
      );
    }
    const value = to !== "continue" && this.#seesValue() ? this.expression() : undefined;
    return { kind: "jump", to, value, at };
  }

  #try(): Node {
    const { at } = this.take();
    const body = this.block();
    this.expect("catch", "after the block of a 'try'");
    return this.scoped(() => {
      let error: Variable | undefined;
      if (this.takes("(")) {
        error = this.scope.declare(this.expectName("a variable").text);
        this.expect(")", "after the variable of a 'catch'");
      }
      const caught = this.scope.declareHidden();
      const before = this.scope.caught;
      this.scope.caught = caught;
      const handler = this.block();
      this.scope.caught = before;
      return { kind: "try", body, error, caught, handler, at };
    });
  }

  #import(): Node {
    const { at } = this.take();
    const path = this.expression();
    const isGlobal = this.scope.isScript && this.scope.isOutermostBlock;
    const alias = this.takes("as") ? this.scope.declare(`${this.#moduleName()}::`, true) : undefined;
    return { kind: "import", path, alias, isGlobal, at };
  }

  #moduleName(): string {
    return this.takes("global") ? "global" : this.expectName("a module").text;
  }

  #export(): Node {
    const { at } = this.take();
    if (!this.scope.isScript || !this.scope.isOutermostBlock) {
      throw this.error(at, "Export statement can only appear at global level");
    }
    if (this.sees("let") || this.sees("const")) {
      const declared = this.#declaration();
      if (declared.kind !== "let") throw this.unexpected("Expecting a variable to export");
      const { variable } = declared;
      const exported: Node = { kind: "export", variable, alias: variable.name, at };
      return { kind: "block", statements: [declared, exported], at };
    }
    const { text: name, at: nameAt } = this.expectName("a variable");
    const variable = this.scope.find(name);
    if (variable === undefined) throw this.error(nameAt, `Undefined variable: ${name}`);
    const alias = this.takes("as") ? this.expectName("the exported variable").text : name;
    return { kind: "export", variable, alias, at };
  }

  #functionDefinition(): void {
    const isPrivate = this.takes("private");
    const { at } = this.expect("fn", "after 'private'");
    if (!this.scope.isScript || !this.scope.isOutermostBlock) {
      throw this.error(at, "Function definitions must be at global level and cannot be inside a block");
    }
    const { name, thisType } = this.#functionName();
    const outer = this.scope;
    this.scope = new FunctionScope();
    const parameterSlots = this.#functionParameters(name);
    if (!this.sees("{")) throw this.unexpected(`Expecting body statement block for function ${name}`);
    // A function is not the outermost block: what it declares is its own.
    const body = this.block();
    const { slotCount } = this.scope;
    this.scope = outer;
    const same = (other: FunctionDefinition): boolean =>
      other.name === name &&
      other.thisType === thisType &&
      other.parameterSlots.length === parameterSlots.length;
    if (this.functions.some(same)) {
      throw this.error(at, `Function ${name} with ${parameterSlots.length} parameters already exists`);
    }
    this.functions.push({ name, at, isPrivate, thisType, parameterSlots, captureCount: 0, slotCount, body });
  }

  #functionName(): { name: string; thisType: string | undefined } {
    const first = this.token;
    if (first.kind === "literal" && typeof first.value === "string") this.take();
    else this.expectName("a function");
    if (!this.takes(".")) {
      if (first.kind === "literal") throw this.unexpected("Expecting '.' after the type of this method");
      return { name: first.text, thisType: undefined };
    }
    const type = first.kind === "literal" ? String(first.value) : first.text;
    return { name: this.expectName("a method").text, thisType: type };
  }

  #functionParameters(name: string): number[] {
    if (!this.takes("(")) throw this.unexpected(`Expecting parameters for function ${name}`);
    const slots: number[] = [];
    const names = new Set<string>();
    while (!this.takes(")")) {
      const { text, at } = this.expectName("a parameter");
      if (names.has(text)) throw this.error(at, `Duplicated parameter ${text} for function ${name}`);
      names.add(text);
      slots.push(this.scope.declare(text).slot);
      if (!this.takes(",") && !this.sees(")")) {
        throw this.unexpected(`Expecting ',' or ')' after a parameter of function ${name}`);
      }
    }
    return slots;
  }
}

/** `a?.b = c` assigns inside of what is left out when `a` is `()`. */
function withinOptional(target: Node, assign: (inner: Node) => Node): Node {
  if (target.kind !== "optional") return assign(target);
  return { ...target, rest: withinOptional(target.rest, assign) };
}
