import type { Variable } from "./syntax-tree.ts";

/** Which names mean what at one point of a function, or of the script outside of functions. */
export class FunctionScope {
  /** The function around a closure, whose variables it may capture. */
  readonly #outer: FunctionScope | undefined;
  readonly #blocks: Map<string, Variable>[] = [new Map()];
  readonly captures: { readonly outer: Variable; readonly inner: Variable }[] = [];
  slotCount = 0;
  loopDepth = 0;
  /** Holds what the `catch` around this point caught. */
  caught: Variable | undefined;

  constructor(outer?: FunctionScope) {
    this.#outer = outer;
  }

  get isOutermostBlock(): boolean {
    return this.#blocks.length === 1;
  }

  get isScript(): boolean {
    return this.#outer === undefined;
  }

  enterBlock(): void {
    this.#blocks.push(new Map());
  }

  leaveBlock(): void {
    this.#blocks.pop();
  }

  declare(name: string, constant = false): Variable {
    const variable: Variable = { name, slot: this.slotCount++, constant, captured: false };
    this.#blocks.at(-1)!.set(name, variable);
    return variable;
  }

  /** A slot that no script can name. */
  declareHidden(): Variable {
    return { name: "", slot: this.slotCount++, constant: true, captured: false };
  }

  find(name: string): Variable | undefined {
    return this.findOwn(name) ?? this.#capture(name);
  }

  /** Without capturing what lies around a closure. */
  findOwn(name: string): Variable | undefined {
    for (let block = this.#blocks.length - 1; block >= 0; block--) {
      const variable = this.#blocks[block]!.get(name);
      if (variable !== undefined) return variable;
    }
    return undefined;
  }

  #capture(name: string): Variable | undefined {
    const outer = this.#outer?.find(name);
    if (outer === undefined) return undefined;
    outer.captured = true;
    const inner: Variable = { name, slot: this.slotCount++, constant: outer.constant, captured: true };
    this.#blocks[0]!.set(name, inner);
    this.captures.push({ outer, inner });
    return inner;
  }
}
