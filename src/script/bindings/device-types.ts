import { can, type Device } from "../../devices/capabilities.ts";
import type { HostType } from "../values/value.ts";

/** A kind of device, as scripts see it. */
export type DeviceType = HostType & {
  /** The function that a script gets one with. */
  readonly create: string;
  readonly fits: (device: Device) => boolean;
};

function deviceType(name: string, create: string, fits: (device: Device) => boolean): DeviceType {
  return {
    name,
    create,
    fits,
    properties: { id: { get: (device: Device) => device.id } },
    show: (device: Device) => `${name} ${device.id}`,
  };
}

const emitsColours = (device: Device): boolean =>
  can(device, "movable") && (device.axis.unit === "nm" || can(device, "emitting"));

const givesReadings = (device: Device): boolean =>
  can(device, "readable") &&
  !can(device, "movable") &&
  !can(device, "shutter") &&
  !can(device, "frame-producing");

export const cameraType = deviceType("Camera", "create_camera", (device) => can(device, "frame-producing"));
export const laserType = deviceType("Laser", "create_laser", emitsColours);
export const stageType = deviceType(
  "Stage",
  "create_stage",
  (device) => can(device, "movable") && !emitsColours(device),
);
export const shutterType = deviceType("Shutter", "create_shutter", (device) => can(device, "shutter"));
export const powerMeterType = deviceType("PowerMeter", "create_power_meter", givesReadings);
export const adcType = deviceType("Adc", "create_adc", givesReadings);

export const deviceTypes: readonly DeviceType[] = [
  ...[cameraType, laserType, stageType, shutterType, powerMeterType, adcType],
];

/** "a camera", for messages. */
export function whatIs(device: Device): string {
  if (cameraType.fits(device)) return "a camera";
  if (laserType.fits(device)) return "a laser";
  if (stageType.fits(device)) return "a stage";
  if (shutterType.fits(device)) return "a shutter";
  if (can(device, "wavelength-selective")) return "a power meter";
  return can(device, "readable") ? "a device that gives readings" : "a device that gives nothing to read";
}
