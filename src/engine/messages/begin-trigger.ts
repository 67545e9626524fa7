import type { Triggerable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Starts a measurement and goes on; `wait` of the same group waits for it. */
export function* beginTrigger(device: Triggerable, group = "triggers"): Plan {
  yield {
    command: "beginTrigger",
    words: () => `trigger ${device.id}`,
    carryOut: (session) => {
      session.begin(group, device, "the measurement", (signal) => device.trigger(signal));
    },
  };
}
