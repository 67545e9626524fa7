import { DaqError } from "../model/errors.ts";
import { checkScript } from "./check/check-script.ts";
import type { ScriptError } from "./errors/script-error.ts";
import { SourceText } from "./errors/source-text.ts";
import { fromHost, type HostFunction, type HostResult, nativeOf } from "./host-function.ts";
import { compileProgram } from "./interpreter/compiler.ts";
import type { Program } from "./interpreter/machine.ts";
import { runProgram } from "./interpreter/run-program.ts";
import { defaultLimits, type Limits } from "./limits/limits.ts";
import { ModuleFolder } from "./modules/module-folder.ts";
import type { Registry } from "./packages/registry.ts";
import { standardRegistry } from "./packages/standard-registry.ts";
import { parseScript } from "./parser/parser.ts";
import type { Value } from "./values/value.ts";

export type EngineSettings = {
  readonly limits?: Partial<Limits>;
  /** The folder that `import` may read; without it, a script can import nothing. */
  readonly moduleFolder?: string;
  readonly print?: (text: string, source: string) => void;
  readonly debug?: (text: string, source: string) => void;
};

/**
 * Runs Rhai scripts. A script reaches what is registered here and nothing else: no files, no network, no process.
 * Scripts of one engine share its functions, and nothing that they make.
 */
export class ScriptEngine {
  readonly #registry: Registry = standardRegistry();
  readonly #limits: Limits;
  readonly #modules: ModuleFolder | undefined;
  readonly #print: (text: string, source: string) => void;
  readonly #debug: (text: string, source: string) => void;

  constructor(settings: EngineSettings = {}) {
    this.#limits = { ...defaultLimits, ...settings.limits };
    for (const [name, limit] of Object.entries(this.#limits)) {
      if (limit >= 0) continue;
      throw new DaqError("usage", `The limit ${name} of a script is ${limit}, which is no limit.`, {
        hint: "Give a number from 0 on, or Infinity.",
      });
    }
    this.#modules = settings.moduleFolder === undefined ? undefined : new ModuleFolder(settings.moduleFolder);
    this.#print = settings.print ?? ((text) => void process.stdout.write(`${text}\n`));
    this.#debug = settings.debug ?? ((text, source) => void process.stderr.write(`${source}: ${text}\n`));
  }

  /** Must happen before the scripts that use it are compiled. Also what `value.name(…)` calls, for the first parameter. */
  register(hostFunction: HostFunction): this {
    this.#registry.add([nativeOf(hostFunction)]);
    return this;
  }

  /** A name that every function of a script can read, and none can change. */
  constant(name: string, value: unknown, type: HostResult): this {
    this.#registry.constants.set(name, fromHost(value, type, name));
    return this;
  }

  /** Reads a script; what is no script fails with `ErrorParsing`. `name` is what messages call it. */
  compile(text: string, name = "script"): Program {
    return compileProgram(new SourceText(text, name), this.#registry);
  }

  /**
   * What is wrong with a script, as far as it can be seen without running it. Throws for what is no script, like
   * `compile`; gives the other mistakes in the order of the text.
   */
  check(text: string, name = "script"): ScriptError[] {
    const source = new SourceText(text, name);
    return checkScript(parseScript(source), this.#registry, source);
  }

  /**
   * Runs a script to its end, and gives the value of its last statement. It rejects with a `ScriptError` when it fails,
   * is stopped by `signal`, or reaches a limit.
   */
  run(script: string | Program, settings: { readonly signal?: AbortSignal } = {}): Promise<Value> {
    try {
      return runProgram(typeof script === "string" ? this.compile(script) : script, {
        registry: this.#registry,
        limits: this.#limits,
        modules: this.#modules,
        print: this.#print,
        debug: this.#debug,
        signal: settings.signal ?? new AbortController().signal,
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
