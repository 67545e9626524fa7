import type { Plan } from "../plan.ts";

/** Waits until all of a group is done and has settled. `timeoutSeconds`: after that it is an error. */
export function* wait(group: string, timeoutSeconds?: number): Plan {
  yield {
    command: "wait",
    words: () => `wait for ${group}`,
    carryOut: (session) => session.wait(group, timeoutSeconds),
  };
}
