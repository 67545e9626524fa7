import type { Plan } from "../plan.ts";

/** Ends the event and emits it. */
export function* save(): Plan {
  yield {
    command: "save",
    words: () => "save the event",
    carryOut: (session) => session.run.save(),
    rehearse: (rehearsal) => rehearsal.save(),
  };
}
