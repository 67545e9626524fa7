import type { Device } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";
import { ScriptError } from "../errors/script-error.ts";
import { SourceText } from "../errors/source-text.ts";
import { parseScript } from "../parser/parser.ts";
import { createdDevices } from "./created-devices.ts";
import { findDevice } from "./find-device.ts";

/** Devices that a script names but that are not there, or are of another kind. Asks no device anything. */
export function checkDevices(
  text: string,
  name: string,
  devices: ReadonlyMap<string, Device>,
): ScriptError[] {
  const source = new SourceText(text, name);
  return createdDevices(parseScript(source)).flatMap(({ type, id, at }) => {
    try {
      findDevice(devices, type, id);
      return [];
    } catch (error) {
      if (!(error instanceof DaqError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      return [new ScriptError("ErrorRuntime", error.message, hint).locate(source, at)];
    }
  });
}
