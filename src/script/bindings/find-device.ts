import type { Device } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";
import { type DeviceType, deviceTypes, whatIs } from "./device-types.ts";

/** The device of this id, if it is one of this type; otherwise an error that says what there is. */
export function findDevice(devices: ReadonlyMap<string, Device>, type: DeviceType, id: string): Device {
  const device = devices.get(id);
  if (device === undefined)
    throw new DaqError(
      "device",
      `${type.create}: there is no device ${JSON.stringify(id)}. ${known(devices)}`,
      {
        hint: "Devices are the [[devices]] of the configuration that a plan can tell what to do.",
      },
    );
  if (type.fits(device)) return device;
  const others = deviceTypes.filter((other) => other.fits(device)).map(({ create }) => create);
  throw new DaqError("device", `${type.create}: ${id} is ${whatIs(device)}.`, {
    hint:
      others.length === 0
        ? "No function of scripts is for such a device."
        : `${others.join(" or ")} is for such a device.`,
  });
}

function known(devices: ReadonlyMap<string, Device>): string {
  if (devices.size === 0) return "The configuration names no device.";
  const list = [...devices].map(([id, device]) => `${id} (${whatIs(device)})`);
  return `There are: ${list.join(", ")}.`;
}
