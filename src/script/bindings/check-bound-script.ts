import type { Device } from "../../devices/capabilities.ts";
import { RunEngine } from "../../engine/run-engine.ts";
import type { ScriptError } from "../errors/script-error.ts";
import { ScriptEngine } from "../script-engine.ts";
import { checkDevices } from "./check-devices.ts";
import type { ScriptToRun } from "./run-script.ts";
import { scriptBindings } from "./script-bindings.ts";
import { ScriptSession } from "./script-session.ts";

/**
 * What is wrong with a script for `runScript`, as far as it can be seen without running it: throws for what is no script,
 * and gives functions that do not exist, or not with so many parameters, and, with `devices`, devices that are not there.
 */
export function checkBoundScript(
  { text, name }: ScriptToRun,
  devices?: ReadonlyMap<string, Device>,
): ScriptError[] {
  const language = new ScriptEngine();
  // Nothing is called: it is about names.
  const session = new ScriptSession({ devices: new Map(), engine: new RunEngine() }, { name, named: [] });
  for (const hostFunction of scriptBindings(session)) language.register(hostFunction);
  return [...language.check(text, name), ...(devices === undefined ? [] : checkDevices(text, name, devices))];
}
