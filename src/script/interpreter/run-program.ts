import { ScriptError } from "../errors/script-error.ts";
import type { Limits } from "../limits/limits.ts";
import { Meter } from "../limits/meter.ts";
import type { ModuleFolder } from "../modules/module-folder.ts";
import type { Place, Steps, Suspension } from "../packages/native.ts";
import type { Registry } from "../packages/registry.ts";
import { ScriptExit } from "../packages/script-exit.ts";
import type { FunctionPointer, Value } from "../values/value.ts";
import { callBack } from "./calls.ts";
import { compileProgram } from "./compiler.ts";
import { located } from "./located.ts";
import { type Execution, Frame, type Module, type Program, signals, Unit } from "./machine.ts";

export type RunSettings = {
  readonly registry: Registry;
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly modules: ModuleFolder | undefined;
  readonly print: (text: string, source: string) => void;
  readonly debug: (text: string, source: string, line: number) => void;
};

class Run implements Execution {
  readonly registry: Registry;
  readonly limits: Limits;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly print: RunSettings["print"];
  readonly debug: RunSettings["debug"];
  readonly #folder: ModuleFolder | undefined;
  readonly #loaded = new Map<string, Module | "loading">();
  depth = 0;

  constructor(settings: RunSettings) {
    this.registry = settings.registry;
    this.limits = settings.limits;
    this.signal = settings.signal;
    this.print = settings.print;
    this.debug = settings.debug;
    this.#folder = settings.modules;
    this.meter = new Meter(settings.limits, settings.signal);
  }

  callPointer(from: Unit, pointer: FunctionPointer, parameters: readonly Value[], self?: Place): Steps {
    return callBack(from, pointer, parameters, self);
  }

  *start(unit: Unit): Steps {
    const { program } = unit;
    const frame = new Frame(program.slotCount, unit, undefined);
    try {
      const value =
        program.body.run !== undefined ? program.body.run(frame) : yield* program.body.steps(frame);
      return frame.signal === signals.return ? frame.result : value;
    } catch (error) {
      throw located(error, unit, -1);
    }
  }

  /** A module runs once, however often it is imported. */
  *importModule(path: string): Generator<Suspension, Module, Value> {
    if (this.#folder === undefined) {
      throw new ScriptError(
        "ErrorModuleNotFound",
        `Module not found: ${path} (this script may import nothing)`,
        {
          details: { module: path },
        },
      );
    }
    const { id, source } = this.#folder.read(path);
    const known = this.#loaded.get(id);
    if (known === "loading") {
      throw new ScriptError("ErrorModuleNotFound", `Module not found: ${path} (it imports itself)`);
    }
    if (known !== undefined) return known;
    if (this.#loaded.size >= this.limits.modules) {
      throw new ScriptError("ErrorTooManyModules", `Too many modules: the limit is ${this.limits.modules}`);
    }
    this.#loaded.set(id, "loading");
    const unit = new Unit(compileProgram(source, this.registry), this);
    yield* this.start(unit);
    const module = { unit, variables: unit.exported };
    this.#loaded.set(id, module);
    return module;
  }
}

/** Gives the rest of the process its turn: `setImmediate` lets signals, timers and I/O through. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a promise comes to, or the end of the script when it is stopped meanwhile. */
async function outcome(waited: Promise<Value>, run: Run): Promise<Value> {
  if (run.signal.aborted) throw run.meter.terminated();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(run.meter.terminated());
  run.signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([waited, promise]);
  } catch (error) {
    // What was waited for may have noticed the stop first.
    throw run.signal.aborted ? run.meter.terminated() : error;
  } finally {
    run.signal.removeEventListener("abort", stop);
  }
}

/** Runs a script to its end; the value is that of its last statement. */
export async function runProgram(program: Program, settings: RunSettings): Promise<Value> {
  const timeLimit = new AbortController();
  const signal = AbortSignal.any([settings.signal, timeLimit.signal]);
  // Its clock starts before the timer does.
  const run = new Run({ ...settings, signal });
  const { wallSeconds } = settings.limits;
  // Timers hold at most 2^31 ms; what is longer is as good as no limit.
  const timer =
    wallSeconds < 2_000_000 ? setTimeout(() => timeLimit.abort(), wallSeconds * 1000 + 1) : undefined;
  try {
    if (signal.aborted) throw run.meter.terminated();
    return await drive(run, run.start(new Unit(program, run)));
  } catch (error) {
    if (error instanceof ScriptExit) return error.value;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function drive(run: Run, steps: Steps): Promise<Value> {
  let step = steps.next();
  while (!step.done) {
    if (step.value === undefined) {
      await turnOfOthers();
      if (run.signal.aborted) throw run.meter.terminated();
      run.meter.beginTurn();
      step = steps.next(null);
      continue;
    }
    let value: Value;
    try {
      value = await outcome(step.value, run);
    } catch (error) {
      run.meter.beginTurn();
      step = steps.throw(error);
      continue;
    }
    run.meter.beginTurn();
    step = steps.next(value);
  }
  return step.value;
}
