import type { Plan } from "../plan.ts";

/** Begins an event of a stream; what is read until `save` is in it. */
export function* create(stream = "primary"): Plan {
  yield {
    command: "create",
    words: () => `begin an event of ${stream}`,
    carryOut: (session) => session.run.create(stream),
    rehearse: (rehearsal) => rehearsal.create(stream),
  };
}
