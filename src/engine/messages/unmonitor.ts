import type { Monitorable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** The changes of a device are events no longer. */
export function* unmonitor(device: Monitorable): Plan {
  yield {
    command: "unmonitor",
    rewind: "once",
    lasting: `changes of ${device.id}`,
    words: () => `monitor ${device.id} no longer`,
    carryOut: (session) => session.run.unmonitor(device),
  };
}
