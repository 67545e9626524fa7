import { can, type Device } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Puts devices away, the last first. */
export function* unstage(...devices: readonly Device[]): Plan {
  for (const device of [...devices].reverse())
    if (can(device, "stageable"))
      yield {
        command: "unstage",
        lasting: `readiness of ${device.id}`,
        rewind: "once",
        words: () => `put ${device.id} away`,
        carryOut: (session) => session.unstage(device),
      };
}
