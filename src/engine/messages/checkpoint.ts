import type { Plan } from "../plan.ts";

/** After a pause the plan goes on from here, with the axes where they are now. */
export function* checkpoint(): Plan {
  yield {
    command: "checkpoint",
    rewind: "checkpoint",
    words: () => "checkpoint",
    carryOut: (session) => session.checkpoint(),
  };
}
