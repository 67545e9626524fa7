import type { Exposing } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";

/** Sets how long a device collects. */
export function* setExposure(device: Exposing, seconds: number): Plan {
  const check = () => {
    const [shortest, longest] = device.exposureLimits;
    if (!(seconds >= shortest && seconds <= longest))
      throw new DaqError("device", `${device.id} cannot expose for ${seconds} s.`, {
        hint: `It can from ${shortest} to ${longest} s.`,
      });
  };
  yield {
    command: "setExposure",
    lasting: `exposure of ${device.id}`,
    words: () => `set the exposure of ${device.id} to ${seconds} s`,
    carryOut: async (session) => {
      check();
      await session.ask(device, "setting its exposure", (signal) => device.setExposure(seconds, signal));
      session.settingsChanged(device);
    },
    rehearse: check,
  };
}
