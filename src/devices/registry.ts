import { DaqError } from "../model/errors.ts";
import type { Driver } from "./contract.ts";

/** Adding a driver is a folder and a line here. */
const parts: Record<string, () => Promise<Driver>> = {
  "sim.camera": async () => (await import("./sim/camera.ts")).simCamera,
  "sim.power_meter": async () => (await import("./sim/power-meter.ts")).simPowerMeter,
  "sim.laser": async () => (await import("./sim/laser.ts")).simLaser,
  "sim.stage": async () => (await import("./sim/stage.ts")).simStage,
  "sim.shutter": async () => (await import("./sim/shutter.ts")).simShutter,
  "sim.adc": async () => (await import("./sim/adc.ts")).simAdc,
  command: async () => (await import("./command/driver.ts")).commandDriver,
  tcp: async () => (await import("./tcp/driver.ts")).tcpDriver,
  scpi: async () => (await import("./scpi/driver.ts")).scpiDriver,
  comedi: async () => (await import("./comedi/driver.ts")).comediDriver,
};

export const driverNames: readonly string[] = Object.keys(parts);

export async function loadDriver(name: string): Promise<Driver> {
  const load = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (load === undefined)
    throw new DaqError("device", `There is no driver "${name}".`, {
      hint: `Choose from: ${driverNames.join(", ")}.`,
    });
  return load();
}
