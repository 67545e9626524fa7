import type { Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/**
 * Says which devices the events of a stream will be of, before the first of them: its descriptor comes now, and who writes
 * the events can open files for all streams that were declared by the first event.
 */
export function* declareStream(name: string, devices: readonly Readable[]): Plan {
  yield {
    command: "declareStream",
    lasting: `stream ${name}`,
    rewind: "once",
    words: () => `declare stream ${name} of ${devices.map(({ id }) => id).join(", ")}`,
    carryOut: (session) => session.run.declare(name, devices),
  };
}
