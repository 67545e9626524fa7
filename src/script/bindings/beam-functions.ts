import type { Device } from "../../devices/capabilities.ts";
import { setEmission } from "../../engine/messages/set-emission.ts";
import { setOpen } from "../../engine/messages/set-open.ts";
import type { Plan } from "../../engine/plan.ts";
import type { HostFunction } from "../host-function.ts";
import { able } from "./able.ts";
import { laserType, shutterType } from "./device-types.ts";
import type { ScriptSession } from "./script-session.ts";

/** Lasers with a shutter of their own have its functions, too. */
export function beamFunctions(session: ScriptSession): HostFunction[] {
  const tell = (
    name: string,
    types: readonly (typeof laserType)[],
    plan: (device: Device) => Plan,
  ): HostFunction[] =>
    types.map((type) => ({
      name,
      parameters: [type],
      returns: "unit",
      call: ([device]) => session.ask(toldAndNoted(session, device as Device, plan)),
    }));
  const shutter = (device: Device) => able(device, "shutter", "open or close a shutter");
  const emitting = (device: Device) => able(device, "emitting", "be switched on or off");
  return [
    ...tell("open_shutter", [laserType, shutterType], (device) => setOpen(shutter(device), true)),
    ...tell("close_shutter", [laserType, shutterType], (device) => setOpen(shutter(device), false)),
    ...tell("enable_emission", [laserType], (device) => setEmission(emitting(device), true)),
    ...tell("disable_emission", [laserType], (device) => setEmission(emitting(device), false)),
  ];
}

function* toldAndNoted(session: ScriptSession, device: Device, plan: (device: Device) => Plan): Plan {
  yield* plan(device);
  yield* session.note(device);
}
