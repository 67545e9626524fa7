import type { Movable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Asks an axis where it is. */
export function* position(device: Movable): Plan<number> {
  return (yield {
    command: "position",
    words: () => `ask ${device.id} where it is`,
    carryOut: (session) => session.position(device),
    rehearse: (rehearsal) => rehearsal.position(device),
  }) as number;
}
