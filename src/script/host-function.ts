import { DaqError } from "../model/errors.ts";
import { ScriptError } from "./errors/script-error.ts";
import type { Native, ParameterType } from "./packages/native.ts";
import { Blob } from "./values/blob.ts";
import { Character } from "./values/character.ts";
import { Float } from "./values/float.ts";
import { isInteger } from "./values/integer.ts";
import { integerFrom } from "./values/integer-arithmetic.ts";
import { HostObject, type HostType, type Value } from "./values/value.ts";

/** Types of parameters. Where a `float` is expected, scripts can give integers; `int` does not take floats. */
export type HostParameter = "int" | "float" | "string" | "bool" | "blob" | "any" | HostType;

/** `unit` for functions that give nothing; `any` for those that make script values themselves. */
export type HostResult = "unit" | HostParameter;

export type HostCall = {
  /** Aborts when the script is stopped. What a function drives must listen to it, and stop. */
  readonly signal: AbortSignal;
};

/**
 * A function of the host. Parameters arrive as what JavaScript has for them: numbers (a bigint for an integer that a
 * number cannot hold), strings, booleans, `Uint8Array`, and the target of an object of the host. It may give a promise:
 * the script waits for it, and nothing else does. What it throws becomes a failure of the script, which the script can
 * catch.
 */
export type HostFunction = {
  readonly name: string;
  readonly parameters: readonly HostParameter[];
  readonly returns: HostResult;
  // biome-ignore lint/suspicious/noConfusingVoidType: a function of the host may simply give nothing.
  call(parameters: readonly unknown[], call: HostCall): unknown | void | Promise<unknown>;
};

function parameterType(type: HostParameter): ParameterType {
  return type === "float" ? "number" : type;
}

function toHost(value: Value, type: HostParameter): unknown {
  if (type === "any") return value;
  if (type === "float") return value instanceof Float ? value.value : Number(value);
  if (value instanceof HostObject) return value.target;
  if (value instanceof Blob) return value.toBytes();
  if (value instanceof Character) return value.text;
  return value;
}

/** A value of the host as one of a script. */
export function fromHost(value: unknown, type: HostResult, name: string): Value {
  if (type === "unit" || value === undefined || value === null) return null;
  if (type === "any") return value as Value;
  if (type === "float" && typeof value === "number") return new Float(value);
  if (type === "int" && typeof value === "bigint") {
    return integerFrom(value, () => `${name} gave ${value}, which no integer of 64 bits can hold`);
  }
  if (type === "int" && isInteger(value) && Number.isSafeInteger(value)) return Number(value) + 0;
  if (type === "string" && typeof value === "string") return value;
  if (type === "bool" && typeof value === "boolean") return value;
  if (type === "blob" && value instanceof Uint8Array) return Blob.from(value);
  if (typeof type === "object") return new HostObject(type, value);
  throw new ScriptError("ErrorMismatchDataType", `${name} gave a ${typeof value} where it promised ${type}.`);
}

/** What a function of the host threw, in a form that scripts can catch: they see its message. */
function asFailure(error: unknown): unknown {
  if (error instanceof ScriptError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof DaqError ? error.hint : undefined;
  return new ScriptError("ErrorRuntime", `Runtime error: ${text}`, {
    thrown: text,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

export function nativeOf({ name, parameters, returns, call }: HostFunction): Native {
  return {
    name,
    parameters: parameters.map(parameterType),
    body: {
      kind: "waiting",
      run: (values, { signal }) => {
        let result: unknown;
        try {
          result = call(
            values.map((value, index) => toHost(value, parameters[index]!)),
            { signal },
          );
        } catch (error) {
          throw asFailure(error);
        }
        if (!(result instanceof Promise)) return fromHost(result, returns, name);
        return result.then(
          (value: unknown) => fromHost(value, returns, name),
          (error: unknown) => {
            throw asFailure(error);
          },
        );
      },
    },
  };
}
