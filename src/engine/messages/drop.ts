import type { Plan } from "../plan.ts";

/** Forgets the event that was begun, for a plan that goes on after a reading that failed. */
export function* drop(): Plan {
  yield {
    command: "drop",
    words: () => "forget the event",
    carryOut: (session) => session.run.drop(),
    rehearse: (rehearsal) => rehearsal.drop(),
  };
}
