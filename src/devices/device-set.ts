import { DaqError } from "../model/errors.ts";
import {
  type CapabilitiesByName,
  type Capability,
  can,
  capabilitiesOf,
  type Device,
} from "./capabilities.ts";

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (
  value: infer All,
) => void
  ? All
  : never;

/** A device that has all of these. */
export type Having<Name extends Capability> = Device &
  Intersection<Name extends unknown ? CapabilitiesByName[Name] : never>;

/** Devices by id. */
export class DeviceSet extends Map<string, Device> {
  /**
   * The device of this id. Throws `DaqError("usage")` when there is none, or when it cannot do what is asked of it: before a
   * run, and not in the middle of it.
   */
  need<Name extends Capability = never>(id: string, ...capabilities: readonly Name[]): Having<Name> {
    const device = this.get(id);
    if (device === undefined)
      throw new DaqError("usage", `There is no device "${id}".`, {
        hint:
          this.size === 0
            ? "The configuration has no device for plans."
            : `The devices are ${[...this.keys()].join(", ")}.`,
      });
    const missing = capabilities.filter((name) => !can(device, name));
    if (missing.length > 0)
      throw new DaqError("usage", `${id} is not ${missing.join(" and not ")}.`, {
        hint: `It is ${capabilitiesOf(device).join(", ") || "nothing that a plan can use"}.`,
      });
    return device as Having<Name>;
  }
}
