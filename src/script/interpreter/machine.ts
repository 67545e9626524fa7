import type { SourceText } from "../errors/source-text.ts";
import type { Limits } from "../limits/limits.ts";
import type { Meter } from "../limits/meter.ts";
import type { NativeContext, Place, Steps, Suspension } from "../packages/native.ts";
import type { Registry } from "../packages/registry.ts";
import type { FunctionDefinition } from "../parser/syntax-tree.ts";
import type { Callable, FunctionPointer, Shared, Value } from "../values/value.ts";

// A frame knows its unit, a unit its program, a program its code, and code runs on frames: one file, as one needs the other.

/** Why a function does not simply go on with its next statement. */
export const signals = { none: 0, break: 1, continue: 2, return: 3 } as const;

/** The variables of one call. */
export class Frame {
  readonly slots: (Value | Shared)[];
  readonly unit: Unit;
  readonly self: Place | undefined;
  /** One of `signals`; whoever evaluates a part that can jump looks at it next. */
  signal = 0;
  /** The value of a `break` or a `return` that is under way. */
  result: Value = null;

  constructor(slotCount: number, unit: Unit, self: Place | undefined) {
    this.slots = new Array<Value | Shared>(slotCount).fill(null);
    this.unit = unit;
    this.self = self;
  }
}

type Facts = {
  /** Nobody else holds the value, so it can be stored without a copy. */
  readonly fresh: boolean;
  /** It may set the frame's signal. */
  readonly jumps: boolean;
};

/** Runs to its end at once. */
export type Direct = Facts & { readonly run: (frame: Frame) => Value; readonly steps?: undefined };
/** Contains a loop, a call of a script's function, or something to wait for: it can be suspended. */
export type Stepping = Facts & { readonly run?: undefined; readonly steps: (frame: Frame) => Steps };

/**
 * A part of a script, made ready to run. Most parts are direct, and cost a function call; only where something inside can
 * be suspended does a part become a generator.
 */
export type Code = Direct | Stepping;

/** A function of a script, made ready when it is called for the first time. */
export class ScriptFunction implements Callable {
  readonly definition: FunctionDefinition;
  readonly #prepare: (definition: FunctionDefinition) => Code;
  #body: Code | undefined;

  constructor(definition: FunctionDefinition, prepare: (definition: FunctionDefinition) => Code) {
    this.definition = definition;
    this.#prepare = prepare;
  }

  get name(): string {
    return this.definition.name;
  }

  get parameterCount(): number {
    return this.definition.parameterSlots.length;
  }

  get body(): Code {
    this.#body ??= this.#prepare(this.definition);
    return this.#body;
  }
}

const none: readonly ScriptFunction[] = [];

/** A script that was read and made ready; it can run any number of times. */
export class Program {
  readonly source: SourceText;
  readonly body: Code;
  readonly slotCount: number;
  readonly #functions = new Map<string, ScriptFunction[]>();
  readonly #names = new Set<string>();

  constructor(source: SourceText, body: Code, slotCount: number, functions: readonly ScriptFunction[]) {
    this.source = source;
    this.body = body;
    this.slotCount = slotCount;
    for (const known of functions) {
      const key = `${known.name}/${known.parameterCount}`;
      // Methods of a type are asked before those of any type.
      const others = this.#functions.get(key) ?? [];
      this.#functions.set(
        key,
        known.definition.thisType === undefined ? [...others, known] : [known, ...others],
      );
      this.#names.add(known.name);
    }
  }

  find(name: string, parameterCount: number): readonly ScriptFunction[] {
    return this.#functions.get(`${name}/${parameterCount}`) ?? none;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }
}

/** What an imported script shows. */
export type Module = {
  readonly unit: Unit;
  readonly variables: ReadonlyMap<string, Value>;
};

/** What all scripts of one run have in common. */
export interface Execution {
  readonly registry: Registry;
  readonly limits: Limits;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  /** How many calls are under way. */
  depth: number;
  print(text: string, source: string): void;
  debug(text: string, source: string, line: number): void;
  callPointer(from: Unit, pointer: FunctionPointer, parameters: readonly Value[], self?: Place): Steps;
  importModule(path: string, from: Unit): Generator<Suspension, Module, Value>;
}

/** One script while it runs: its functions, global constants and imported modules. */
export class Unit implements NativeContext {
  readonly program: Program;
  readonly execution: Execution;
  readonly constants = new Map<string, Value>();
  readonly modules = new Map<string, Module>();
  readonly exported = new Map<string, Value>();

  constructor(program: Program, execution: Execution) {
    this.program = program;
    this.execution = execution;
  }

  get source(): SourceText {
    return this.program.source;
  }

  get limits(): Limits {
    return this.execution.limits;
  }

  get meter(): Meter {
    return this.execution.meter;
  }

  get signal(): AbortSignal {
    return this.execution.signal;
  }

  print(text: string): void {
    this.execution.print(text, this.source.name);
  }

  debug(text: string): void {
    this.execution.debug(text, this.source.name, 0);
  }

  call(pointer: FunctionPointer, parameters: readonly Value[], self?: Place): Steps {
    return this.execution.callPointer(this, pointer, parameters, self);
  }

  defines(name: string, parameterCount: number, thisType?: string): boolean {
    const found = this.program.find(name, parameterCount);
    return found.some(({ definition }) => definition.thisType === thisType);
  }
}
