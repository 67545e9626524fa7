import type { Monitorable } from "../../devices/capabilities.ts";
import { monitorStreamOf } from "../monitored-stream.ts";
import type { Plan } from "../plan.ts";

/** From now on every change that the device tells is an event of a stream of its own, until `unmonitor` or the end of the run. */
export function* monitor(device: Monitorable, stream = monitorStreamOf(device)): Plan {
  yield {
    command: "monitor",
    rewind: "once",
    lasting: `changes of ${device.id}`,
    words: () => `monitor ${device.id} in stream ${stream}`,
    carryOut: (session) => session.run.monitor(device, stream),
    rehearse: (rehearsal) => rehearsal.monitor(stream),
  };
}
