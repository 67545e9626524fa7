import type { HostFunction } from "../host-function.ts";
import { deviceTypes } from "./device-types.ts";
import type { ScriptSession } from "./script-session.ts";

/** `create_camera("camera0")` and its like. */
export function createFunctions(session: ScriptSession): HostFunction[] {
  return deviceTypes.map((type) => ({
    name: type.create,
    parameters: ["string"],
    returns: type,
    call: ([id]) => session.ask(session.make(type, id as string)),
  }));
}
