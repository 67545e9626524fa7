import { DaqError } from "../model/errors.ts";
import { type Origin, placeText } from "./origin.ts";

/** One thing that is wrong with a configuration. */
export type ConfigProblem = {
  /** Undefined when no single place is to blame; `message` then says where. */
  readonly origin: Origin | undefined;
  /** "[storage] compression", or undefined when the file as a whole is meant. */
  readonly subject: string | undefined;
  readonly message: string;
};

/** Collects what is wrong, so that a person sees all of it at once. */
export class Problems {
  #problems: ConfigProblem[] = [];

  get count(): number {
    return this.#problems.length;
  }

  add(origin: Origin | undefined, subject: string | undefined, message: string): void {
    this.#problems.push({ origin, subject, message });
  }

  /** Throws `DaqError("config")` with one line for each problem in reading order; `cause` is the list itself. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw configError(this.#problems);
  }
}

export function configError(problems: readonly ConfigProblem[]): DaqError {
  const sorted = [...problems].sort((a, b) => readingOrder(a.origin) - readingOrder(b.origin));
  const hint =
    problems.length === 1
      ? "Correct it and start again; nothing was started."
      : "Correct them and start again; nothing was started.";
  return new DaqError("config", sorted.map(problemText).join("\n"), { hint, cause: sorted });
}

function problemText({ origin, subject, message }: ConfigProblem): string {
  const place = origin === undefined ? undefined : placeText(origin);
  return [place, subject, message].filter((part) => part !== undefined).join(": ");
}

/** The file from top to bottom, then what is outside of it. */
function readingOrder(origin: Origin | undefined): number {
  switch (origin?.kind) {
    case "file":
      return origin.line + origin.column / 1e6;
    case "environment":
      return 1e9;
    case "flag":
      return 2e9;
    default:
      return 3e9;
  }
}
