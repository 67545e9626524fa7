import type { Movable } from "../../devices/capabilities.ts";
import { checkTarget } from "../../devices/check-target.ts";
import type { Plan } from "../plan.ts";

/** Sends an axis somewhere and goes on; `wait` of the same group waits for it. */
export function* beginMove(device: Movable, target: number, group = "moves"): Plan {
  yield {
    command: "beginMove",
    words: () => `move ${device.id} to ${target}${device.axis.unit === null ? "" : ` ${device.axis.unit}`}`,
    carryOut: (session) => {
      checkTarget(device, target);
      return session.beginMove(group, device, target);
    },
    rehearse: (rehearsal) => rehearsal.move(device, target),
  };
}
