import { isInteger } from "../values/integer.ts";
import { Range } from "../values/range.ts";
import type { Value } from "../values/value.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { literalValue } from "./literal-value.ts";
import type { Node, SwitchArm } from "./syntax-tree.ts";

/** `if`, `switch` and the loops, which can stand wherever a value can. */
export abstract class FlowParser extends ExpressionParser {
  protected scoped<T>(parse: () => T): T {
    this.scope.enterBlock();
    const result = this.nested(parse);
    this.scope.leaveBlock();
    return result;
  }

  protected override blockLike(): Node | undefined {
    const { text, kind } = this.token;
    if (kind !== "keyword" && text !== "{") return undefined;
    switch (text) {
      case "{":
        return kind === "symbol" ? this.block() : undefined;
      case "if":
        return this.#if();
      case "switch":
        return this.#switch();
      case "loop":
      case "while":
        return this.#loop();
      case "do":
        return this.#do();
      case "for":
        return this.#for();
    }
    return undefined;
  }

  #if(): Node {
    const { at } = this.take();
    const arms = [{ condition: this.expression(), body: this.block() as Node }];
    let otherwise: Node | undefined;
    while (otherwise === undefined && this.takes("else")) {
      if (this.takes("if")) arms.push({ condition: this.expression(), body: this.block() });
      else otherwise = this.block();
    }
    return { kind: "if", arms, otherwise, at };
  }

  #looping(): Node {
    this.scope.loopDepth++;
    const body = this.block();
    this.scope.loopDepth--;
    return body;
  }

  #loop(): Node {
    const { text, at } = this.take();
    const condition = text === "while" ? this.expression() : undefined;
    return { kind: "loop", condition, conditionFirst: true, endsOn: false, body: this.#looping(), at };
  }

  #do(): Node {
    const { at } = this.take();
    const body = this.#looping();
    const endsOn = this.sees("until");
    if (!endsOn && !this.sees("while"))
      throw this.unexpected("Expecting 'while' or 'until' after a 'do' block");
    this.take();
    return { kind: "loop", condition: this.expression(), conditionFirst: false, endsOn, body, at };
  }

  #for(): Node {
    const { at } = this.take();
    const names: string[] = [];
    if (this.takes("(")) {
      names.push(this.expectName("a variable").text);
      this.expect(",", "between the item and the counter of this loop");
      const { text, at: counterAt } = this.expectName("the counter of this loop");
      if (text === names[0]) throw this.error(counterAt, `Duplicated variable name: ${text}`);
      names.push(text);
      this.expect(")", "after the counter of this loop");
    } else names.push(this.expectName("a variable").text);
    this.expect("in", "after the variable of this loop");
    const iterable = this.expression();
    return this.scoped(() => {
      const item = this.scope.declare(names[0]!);
      const counter = names.length > 1 ? this.scope.declare(names[1]!) : undefined;
      return { kind: "for", item, counter, iterable, body: this.#looping(), at };
    });
  }

  #switch(): Node {
    const { at } = this.take();
    const subject = this.expression();
    this.expect("{", "to begin the cases of this switch");
    const arms: SwitchArm[] = [];
    let otherwise: Node | undefined;
    let sawRange = false;
    while (!this.takes("}")) {
      if (otherwise !== undefined) throw this.error(this.token.at, "Default switch case must be the last");
      const isDefault = this.token.kind === "name" && this.token.text === "_";
      const values: Value[] = isDefault ? [] : this.#caseValues(sawRange);
      if (isDefault) this.take();
      sawRange ||= values.some((value) => value instanceof Range);
      if (isDefault && this.sees("if")) {
        throw this.error(this.token.at, "This switch case cannot have a condition");
      }
      const condition = this.takes("if") ? this.expression() : undefined;
      this.expect("=>", "in this switch case");
      const isBlock = this.sees("{");
      const body = this.nested(() => this.statement());
      if (isDefault) otherwise = body;
      else arms.push({ values, condition, body });
      if (!this.takes(",") && !isBlock && !this.sees("}")) {
        throw this.unexpected("Expecting ',' to separate the cases of this switch");
      }
    }
    return { kind: "switch", subject, arms, otherwise, at };
  }

  #caseValues(sawRange: boolean): Value[] {
    const values: Value[] = [];
    do {
      const { at } = this.token;
      // `|` lists alternatives here, so only what binds tighter belongs to the case.
      const value = literalValue(this.expression(30));
      if (value === undefined) throw this.error(at, "Expecting a literal expression in a switch case");
      if (sawRange && isInteger(value))
        throw this.error(at, "Numeric switch case cannot follow a range case");
      values.push(value);
    } while (this.takes("|"));
    return values;
  }
}
