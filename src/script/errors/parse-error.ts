import { ScriptError } from "./script-error.ts";
import type { SourceText } from "./source-text.ts";

/** A script that is not one. */
export function parseError(source: SourceText, offset: number, summary: string, hint?: string): ScriptError {
  const options = hint === undefined ? {} : { hint };
  return new ScriptError("ErrorParsing", `Syntax error: ${summary}`, options).locate(source, offset);
}
