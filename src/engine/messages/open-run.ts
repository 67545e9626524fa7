import type { RunStart } from "../../documents/run-start.ts";
import type { Plan } from "../plan.ts";

/** Opens a run and emits its start document. `plan` is what the plan says of itself. Gives the run's uid. */
export function* openRun(plan: Partial<RunStart> = {}): Plan<string> {
  return (yield {
    command: "openRun",
    rewind: "once",
    words: () => "open a run",
    carryOut: (session) => session.open(plan),
    rehearse: (rehearsal) => rehearsal.openRun(plan),
  }) as string;
}
