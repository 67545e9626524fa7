import type { Emitting } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Switches a source on or off, and waits until it is. */
export function* setEmission(device: Emitting, on: boolean): Plan {
  yield {
    command: "setEmission",
    lasting: `emission of ${device.id}`,
    words: () => `switch ${device.id} ${on ? "on" : "off"}`,
    carryOut: (session) =>
      session.act(device, `switching ${on ? "on" : "off"}`, (signal) => device.setEmission(on, signal)),
  };
}
