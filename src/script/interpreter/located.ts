import { ScriptError } from "../errors/script-error.ts";
import type { Unit } from "./machine.ts";

/** A failure with its place in the script. What is not a failure of the script stays what it is. */
export function located(error: unknown, unit: Unit, at: number): unknown {
  if (error instanceof ScriptError) return error.locate(unit.source, at);
  if (error instanceof RangeError && error.message.includes("call stack")) {
    return new ScriptError("ErrorStackOverflow", "Stack overflow", { cause: error }).locate(unit.source, at);
  }
  return error;
}
