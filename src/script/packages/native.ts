import type { Limits } from "../limits/limits.ts";
import type { Meter } from "../limits/meter.ts";
import type { FunctionPointer, HostType, Value } from "../values/value.ts";

/** A promise to wait for, or nothing: then the script only lets others run. */
export type Suspension = Promise<Value> | undefined;

/** A computation that can be suspended, and goes on with the value of what it waited for. */
export type Steps = Generator<Suspension, Value, Value>;

/** What can be changed where it stands: a variable, an item, `this`. */
export interface Place {
  get(): Value;
  set(value: Value): void;
  /** The constant that it is a part of, whose name a message can say. */
  readonly constant: string | undefined;
}

/** What a native function sees of the script that calls it. */
export interface NativeContext {
  readonly limits: Limits;
  readonly meter: Meter;
  /** Aborts when the script is to stop; what a function waits for should listen to it. */
  readonly signal: AbortSignal;
  print(text: string): void;
  debug(text: string): void;
  call(pointer: FunctionPointer, parameters: readonly Value[], self?: Place): Steps;
  /** Is there a function of the script by this name, or a method of this type? */
  defines(name: string, parameterCount: number, thisType?: string): boolean;
}

export type ParameterType =
  | ("any" | "int" | "float" | "number" | "string" | "char" | "text" | "bool" | "array" | "map" | "blob")
  | ("range" | "timestamp" | "Fn" | "()")
  | HostType;

type Plain = (parameters: readonly Value[], context: NativeContext) => Value;

/**
 * How a function treats its first parameter, and whether it can wait. `plain` only reads; `changing` changes the array,
 * map or blob itself; `replacing` gives what to put in its place, and then its result; `stepping` calls back into the
 * script; `waiting` may give a promise.
 */
export type NativeBody =
  | { readonly kind: "plain" | "changing"; readonly run: Plain }
  | {
      readonly kind: "replacing";
      readonly run: (parameters: readonly Value[], context: NativeContext) => readonly [Value, Value];
    }
  | {
      readonly kind: "stepping";
      /** It also changes its first parameter. */
      readonly changes?: boolean;
      readonly run: (parameters: readonly Value[], context: NativeContext) => Steps;
    }
  | {
      readonly kind: "waiting";
      readonly run: (parameters: readonly Value[], context: NativeContext) => Value | Promise<Value>;
    };

export type Native = {
  readonly name: string;
  readonly parameters: readonly ParameterType[];
  readonly body: NativeBody;
};

/** Can a function of this kind suspend the script? */
export function suspends({ body }: Native): boolean {
  return body.kind === "stepping" || body.kind === "waiting";
}
