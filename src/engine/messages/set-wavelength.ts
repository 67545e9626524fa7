import type { WavelengthSelective } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";

/** Tells a detector the wavelength that it measures. */
export function* setWavelength(device: WavelengthSelective, nanometres: number): Plan {
  yield {
    command: "setWavelength",
    lasting: `wavelength of ${device.id}`,
    words: () => `set the wavelength of ${device.id} to ${nanometres} nm`,
    carryOut: async (session) => {
      await session.ask(device, "setting its wavelength", (signal) =>
        device.setWavelength(nanometres, signal),
      );
      session.settingsChanged(device);
    },
  };
}
