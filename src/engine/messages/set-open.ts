import type { Shutter } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Opens or closes a shutter, and waits until it is. */
export function* setOpen(device: Shutter, open: boolean): Plan {
  yield {
    command: "setOpen",
    lasting: `shutter ${device.id}`,
    words: () => `${open ? "open" : "close"} ${device.id}`,
    carryOut: (session) =>
      session.act(device, open ? "opening" : "closing", (signal) => device.setOpen(open, signal)),
  };
}
