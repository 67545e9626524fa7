import { ScriptError } from "../errors/script-error.ts";
import type { Integer } from "../values/integer.ts";
import { FunctionPointer, type Value } from "../values/value.ts";
import { plain } from "./define.ts";
import type { Native, ParameterType } from "./native.ts";

const validName = /^(_*[\p{ID_Start}][\p{ID_Continue}]*|_+)$/u;

/** More arguments than a function can be given beforehand in one call. */
const mostCurried = 16;

export const functionPackage: readonly Native[] = [
  plain<[string]>("Fn", ["string"], ([name], context) => {
    if (validName.test(name)) return new FunctionPointer(name, context, undefined);
    throw new ScriptError(
      "ErrorFunctionNotFound",
      `Function not found: ${name} (this is no name of a function)`,
    );
  }),
  plain<[FunctionPointer]>("name", ["Fn"], ([{ name }]) => name),
  plain<[FunctionPointer]>("is_anonymous", ["Fn"], ([{ callable }]) => callable !== undefined),
  plain<[string, Integer]>("is_def_fn", ["string", "int"], ([name, count], context) =>
    context.defines(name, Number(count)),
  ),
  plain<[string, string, Integer]>("is_def_fn", ["string", "string", "int"], ([type, name, count], context) =>
    context.defines(name, Number(count), type),
  ),
  ...Array.from({ length: mostCurried }, (_, count) =>
    plain<[FunctionPointer, ...Value[]]>(
      "curry",
      ["Fn", ...new Array<ParameterType>(count + 1).fill("any")],
      ([{ name, home, callable, curried }, ...values]) =>
        new FunctionPointer(name, home, callable, [...curried, ...values]),
    ),
  ),
];

export const functionProperties: readonly string[] = ["name", "is_anonymous"];
