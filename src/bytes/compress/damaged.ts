import { DaqError } from "../../model/errors.ts";

/** What a codec throws for bytes that it cannot have made. `problem` completes "The … data is damaged: ". */
export function damaged(codec: string, problem: string, cause?: unknown): DaqError {
  return new DaqError("format", `The ${codec} data is damaged: ${problem}.`, {
    hint: "Restore the file from a copy; what lies outside this piece of it can still be read.",
    cause,
  });
}
