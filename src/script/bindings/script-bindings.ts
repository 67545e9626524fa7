import type { HostFunction } from "../host-function.ts";
import { axisFunctions } from "./axis-functions.ts";
import { beamFunctions } from "./beam-functions.ts";
import { cameraFunctions } from "./camera-functions.ts";
import { createFunctions } from "./create-functions.ts";
import { planFunctions } from "./plan-functions.ts";
import { readingFunctions } from "./reading-functions.ts";
import { runFunctions } from "./run-functions.ts";
import type { ScriptSession } from "./script-session.ts";

/** All that a script can do with devices and runs. */
export function scriptBindings(session: ScriptSession): HostFunction[] {
  return [
    ...createFunctions(session),
    ...cameraFunctions(session),
    ...axisFunctions(session),
    ...beamFunctions(session),
    ...readingFunctions(session),
    ...planFunctions(session),
    ...runFunctions(session),
  ];
}
