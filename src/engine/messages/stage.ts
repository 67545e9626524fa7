import { can, type Device } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Makes devices ready that can be; the engine puts them away at the end, whatever happens. */
export function* stage(...devices: readonly Device[]): Plan {
  for (const device of devices)
    if (can(device, "stageable"))
      yield {
        command: "stage",
        lasting: `readiness of ${device.id}`,
        rewind: "once",
        words: () => `make ${device.id} ready`,
        carryOut: (session) => session.stage(device),
      };
}
