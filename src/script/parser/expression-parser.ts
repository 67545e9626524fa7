import { largest } from "../values/integer-arithmetic.ts";
import { FunctionScope } from "./function-scope.ts";
import type { BinaryOperator, FunctionDefinition, Index, Node, Property, Variable } from "./syntax-tree.ts";
import { TokenCursor } from "./token-cursor.ts";

/** How tightly each operator binds: the table of the Rhai book. */
const precedences: Readonly<Record<string, number>> = {
  "||": 30,
  "|": 30,
  "^": 30,
  "&&": 60,
  "&": 60,
  "==": 90,
  "!=": 90,
  in: 110,
  "!": 110,
  "<": 130,
  "<=": 130,
  ">": 130,
  ">=": 130,
  "??": 135,
  "..": 140,
  "..=": 140,
  "+": 150,
  "-": 150,
  "*": 180,
  "/": 180,
  "%": 180,
  "**": 190,
  "<<": 210,
  ">>": 210,
};

/** What can stand in place of a default: `value ?? return`. */
const jumps: ReadonlySet<string> = new Set(["break", "continue", "return", "throw"]);

/** Nesting beyond this is refused, so that no script exhausts the stack of the process. */
const deepest = 100;
/** The same for what nests to the left, as `a + b + c` does. */
const longestChain = 1000;

/** What can stand on the right of `=`. Statements, which can stand inside of it, are in the class that extends this. */
export abstract class ExpressionParser extends TokenCursor {
  protected scope = new FunctionScope();
  protected readonly functions: FunctionDefinition[] = [];
  protected readonly propertyNames = new Set<string>();
  #depth = 0;
  #closures = 0;

  protected abstract block(): Node;
  protected abstract statement(): Node;
  protected abstract statementsUntilTemplate(): Node;
  /** `if`, `switch`, a loop or a block; undefined where none of them begins. */
  protected abstract blockLike(): Node | undefined;

  protected nested<T>(parse: () => T): T {
    if (++this.#depth > deepest) throw this.error(this.token.at, "Expression exceeds maximum complexity");
    const result = parse();
    this.#depth--;
    return result;
  }

  protected expression(minimum = 0): Node {
    return this.nested(() => this.#binary(minimum));
  }

  #binary(minimum: number): Node {
    let left = this.#unary();
    for (let links = 0; ; links++) {
      const { kind, text, at } = this.token;
      if (kind !== "symbol" && text !== "in") return left;
      if (text === "!" && this.ahead(1).text !== "in") return left;
      const precedence = precedences[text];
      if (precedence === undefined || precedence <= minimum) return left;
      if (links > longestChain) throw this.error(at, "Expression exceeds maximum complexity");
      this.take();
      if (text === "!") this.take();
      if ((text === ".." || text === "..=") && this.#seesEnd()) {
        const right: Node = { kind: "literal", value: largest, at };
        // What is open has no end to include.
        left = { kind: "binary", operator: "..", left, right, at };
        continue;
      }
      if (text === "??" && jumps.has(this.token.text)) {
        const right = this.nested(() => this.statement());
        left = { kind: "logic", operator: text, left, right, at };
        continue;
      }
      // To the right: the operand may begin with the same operator again.
      const right = this.expression(text === "**" ? precedence - 1 : precedence);
      if (text === "&&" || text === "||" || text === "??") {
        left = { kind: "logic", operator: text, left, right, at };
      } else if (text === "!") {
        left = {
          kind: "unary",
          operator: "!",
          operand: { kind: "binary", operator: "in", left, right, at },
          at,
        };
      } else {
        left = { kind: "binary", operator: text as BinaryOperator, left, right, at };
      }
    }
  }

  /** Does the expression end here, so that a range stays open? */
  #seesEnd(): boolean {
    const { kind, text } = this.token;
    return kind === "end" || (kind === "symbol" && [")", "]", "}", ",", ";", "{", "=>"].includes(text));
  }

  #openRange(): Node {
    const { text, at } = this.take();
    const left: Node = { kind: "literal", value: 0, at };
    const isOpen = this.#seesEnd();
    const right: Node = isOpen ? { kind: "literal", value: largest, at } : this.expression(precedences[".."]);
    return { kind: "binary", operator: isOpen ? ".." : (text as BinaryOperator), left, right, at };
  }

  #unary(): Node {
    const { text, at, kind } = this.token;
    if (kind !== "symbol" || (text !== "-" && text !== "+" && text !== "!")) return this.#postfix();
    this.take();
    return { kind: "unary", operator: text, operand: this.nested(() => this.#unary()), at };
  }

  #postfix(): Node {
    return this.#links(this.#primary(), 0);
  }

  #links(first: Node, start: number): Node {
    let object = first;
    for (let links = start; ; links++) {
      const { text, at, kind } = this.token;
      if (kind !== "symbol" || (text !== "." && text !== "[" && text !== "?." && text !== "?["))
        return object;
      if (links > longestChain) throw this.error(at, "Expression exceeds maximum complexity");
      this.take();
      if (text === "?." || text === "?[") {
        const held = this.scope.declareHidden();
        const base: Node = { kind: "variable", variable: held, at };
        const rest = this.nested(() => this.#links(this.#link(base, text === "?[", at), links + 1));
        return { kind: "optional", subject: object, held, rest, at };
      }
      object = this.#link(object, text === "[", at);
    }
  }

  /** What follows a dot or an opening bracket. */
  #link(object: Node, isIndex: boolean, at: number): Node {
    if (isIndex) {
      const index = this.expression();
      this.expect("]", "for matching [ in this index expression");
      return { kind: "index", object, index, at };
    }
    const { text: name, at: nameAt } = this.expectName("a property");
    if (this.sees("!") && this.ahead(1).text === "(") throw this.#noParentScope();
    if (!this.sees("(")) return { kind: "property", object, name, at: nameAt };
    return { kind: "method-call", object, name, parameters: this.#parameters(), at: nameAt };
  }

  #noParentScope() {
    return this.error(
      this.token.at,
      "calling a function in the caller's scope with '!' is not supported",
      "Pass what the function needs as parameters, and return what it changes.",
    );
  }

  #parameters(): Node[] {
    this.expect("(", "to begin the parameters of a call");
    return this.#list(")", "to close the parameters of a call");
  }

  #list(close: string, why: string): Node[] {
    const items: Node[] = [];
    while (!this.takes(close)) {
      items.push(this.expression());
      if (!this.takes(",") && !this.sees(close)) throw this.unexpected(`Expecting ',' or '${close}' ${why}`);
    }
    return items;
  }

  #primary(): Node {
    const token = this.token;
    switch (token.kind) {
      case "literal":
        this.take();
        if (typeof token.value === "string") this.propertyNames.add(token.value);
        return { kind: "literal", value: token.value, at: token.at };
      case "template-start":
        return this.#template();
      case "name":
        return this.#name();
      case "keyword":
      case "symbol":
        return this.#keywordOrSymbol();
    }
    throw this.unexpected("Expecting an expression");
  }

  #keywordOrSymbol(): Node {
    const { text, at } = this.token;
    const inner = this.blockLike();
    if (inner !== undefined) return inner;
    if (text === "global" && this.ahead(1).text === "::") return this.#name();
    switch (text) {
      case "this":
        this.take();
        return { kind: "this", at };
      case "(": {
        this.take();
        if (this.takes(")")) return { kind: "literal", value: null, at };
        const expression = this.expression();
        this.expect(")", "for matching ( in this expression");
        return expression;
      }
      case "[":
        this.take();
        return { kind: "array", items: this.#list("]", "to end this array"), at };
      case "#{":
        return this.#map();
      case "..":
      case "..=":
        return this.#openRange();
      case "|":
      case "||":
        return this.#closure();
    }
    throw this.unexpected("Expecting an expression");
  }

  #template(): Node {
    const { text, at } = this.take();
    const parts: Node[] = [{ kind: "literal", value: text, at }];
    for (;;) {
      parts.push(this.statementsUntilTemplate());
      if (!this.seesKind("template-middle") && !this.seesKind("template-end")) {
        throw this.unexpected("Expecting '}' to end this interpolation");
      }
      const piece = this.take();
      parts.push({ kind: "literal", value: piece.text, at: piece.at });
      if (piece.kind === "template-end") return { kind: "template", parts, at };
    }
  }

  #name(): Node {
    const { text: name, at } = this.take();
    if (this.sees("::")) return this.#qualified(name, at);
    if (this.sees("!") && this.ahead(1).text === "(" && this.ahead(1).at === this.token.at + 1) {
      throw this.#noParentScope();
    }
    if (this.sees("(")) return this.#call(name, at);
    return this.variableNamed(name, at);
  }

  #call(name: string, at: number): Node {
    const parameters = this.#parameters();
    const [asked] = parameters;
    // Which variables there are is known here, and no longer when the script runs.
    if (name === "is_def_var" && asked?.kind === "literal" && typeof asked.value === "string") {
      if (this.scope.findOwn(asked.value) !== undefined) return { kind: "literal", value: true, at };
    }
    return { kind: "call", name, parameters, at };
  }

  protected variableNamed(name: string, at: number): Node {
    const variable = this.scope.find(name);
    return variable === undefined ? { kind: "free-name", name, at } : { kind: "variable", variable, at };
  }

  #qualified(first: string, at: number): Node {
    const path = [first];
    let last = first;
    while (this.takes("::")) {
      last = this.expectName("what is in the module").text;
      path.push(last);
    }
    path.pop();
    const alias = this.scope.find(`${first}::`);
    const parameters = this.sees("(") ? this.#parameters() : undefined;
    return { kind: "qualified", alias, path, name: last, parameters, at };
  }

  #map(): Node {
    const { at } = this.take();
    const names: string[] = [];
    const items: Node[] = [];
    while (!this.takes("}")) {
      const { kind, text, value, at: nameAt } = this.token;
      const isString = kind === "literal" && typeof value === "string";
      const name = isString ? value : this.expectName("a property").text;
      if (isString) this.take();
      if (names.includes(name))
        throw this.error(nameAt, `Duplicated property for object map literal: ${name}`);
      this.expect(":", `after the name of a property of this map ('${isString ? value : text}')`);
      names.push(name);
      this.propertyNames.add(name);
      items.push(this.expression());
      if (!this.takes(",") && !this.sees("}")) throw this.unexpected("Expecting ',' or '}' to end this map");
    }
    return { kind: "map", names, items, at };
  }

  #closure(): Node {
    const { text, at } = this.take();
    const outer = this.scope;
    this.scope = new FunctionScope(outer);
    const parameters: number[] = [];
    if (text === "|") {
      const names = new Set<string>();
      while (!this.takes("|")) {
        const { text: name, at: nameAt } = this.expectName("a parameter");
        if (names.has(name)) throw this.error(nameAt, `Duplicated parameter ${name} for this closure`);
        names.add(name);
        parameters.push(this.scope.declare(name).slot);
        if (!this.takes(",") && !this.sees("|")) throw this.unexpected("Expecting ',' or '|' in a closure");
      }
    }
    const body = this.nested(() => this.statement());
    const { captures, slotCount } = this.scope;
    this.scope = outer;
    const definition: FunctionDefinition = {
      name: `anon$${(++this.#closures).toString(16).padStart(4, "0")}`,
      at,
      isPrivate: true,
      thisType: undefined,
      parameterSlots: [...captures.map(({ inner }) => inner.slot), ...parameters],
      captureCount: captures.length,
      slotCount,
      body,
    };
    return { kind: "closure", definition, captures: captures.map((capture) => capture.outer), at };
  }

  /** Checks that something can be assigned to; returns the variable at its root, if there is one. */
  protected rootOf(target: Node): Variable | "this" | undefined {
    if (target.kind === "variable") return target.variable;
    if (target.kind === "this") return "this";
    if (target.kind === "index" || target.kind === "property") return this.rootOf(innerOf(target));
    return undefined;
  }
}

function innerOf(target: Index | Property): Node {
  return target.object;
}
