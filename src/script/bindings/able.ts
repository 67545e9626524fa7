import { type CapabilitiesByName, type Capability, can, type Device } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";

/** The device, if it can do that. `doing` is what the script wants of it: "open a shutter". */
export function able<Name extends Capability>(
  device: Device,
  capability: Name,
  doing: string,
): CapabilitiesByName[Name] {
  if (can(device, capability)) return device;
  throw new DaqError("device", `${device.id} cannot ${doing}.`, {
    hint: "The device does not offer that, or its driver does not.",
  });
}
