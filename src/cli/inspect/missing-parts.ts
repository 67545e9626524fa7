import type { InspectedFile } from "./inspection.ts";

export const restoreAdvice =
  "Restore what is not there from a copy of the folder; what is there can be read.";

/** A file of which parts are not there is damaged. */
export function withMissing(file: InspectedFile, missing: readonly string[]): InspectedFile {
  if (missing.length === 0) return file;
  return { ...file, state: "damaged", problem: missing.join(" ") };
}
