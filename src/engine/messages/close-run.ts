import type { Plan } from "../plan.ts";

/** Ends the run with success. A run that a plan leaves open is ended by the engine, which knows why. */
export function* closeRun(): Plan {
  yield {
    command: "closeRun",
    rewind: "once",
    words: () => "close the run",
    carryOut: (session) => session.close("success", ""),
    rehearse: (rehearsal) => rehearsal.closeRun(),
  };
}
