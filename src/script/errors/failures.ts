import { ScriptError } from "./script-error.ts";

// The failures that are raised in more than one place, in Rhai's words.

export function mismatch(requested: string, actual: string): ScriptError {
  return new ScriptError("ErrorMismatchDataType", `Data type incorrect: ${actual} (expecting ${requested})`, {
    details: { requested, actual },
  });
}

export function arithmetic(summary: string): ScriptError {
  return new ScriptError("ErrorArithmetic", summary);
}

export function tooLarge(what: string, limit: number): ScriptError {
  return new ScriptError("ErrorDataTooLarge", `${what} too large: the limit is ${limit}`);
}

export function functionNotFound(signature: string, hint?: string): ScriptError {
  return new ScriptError("ErrorFunctionNotFound", `Function not found: ${signature}`, {
    details: { function: signature },
    ...(hint === undefined ? {} : { hint }),
  });
}

export function indexOutOfBounds(
  kind: "array" | "string",
  length: number,
  index: number | bigint,
): ScriptError {
  const [container, item] = kind === "array" ? ["Array", "element"] : ["String", "character"];
  const has =
    length === 0 ? `${kind} is empty` : `only ${length} ${item}${length === 1 ? "" : "s"} in ${kind}`;
  return new ScriptError(
    kind === "array" ? "ErrorArrayBounds" : "ErrorStringBounds",
    `${container} index ${index} out of bounds: ${has}`,
    { details: { index, bounds: length } },
  );
}
