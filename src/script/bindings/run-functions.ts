import type { HostFunction } from "../host-function.ts";
import type { Value } from "../values/value.ts";
import { metadataOf } from "./metadata-of.ts";
import type { ScriptSession } from "./script-session.ts";

export function runFunctions(session: ScriptSession): HostFunction[] {
  const abort = (reason: string): Promise<never> => {
    session.abort(reason);
    // The engine ends the plan, and with it the script: nothing comes back here.
    return new Promise(() => {});
  };
  return [
    {
      name: "set_metadata",
      parameters: ["string", "any"],
      returns: "unit",
      call: ([name, value]) =>
        session.ask(session.addMetadata({ [name as string]: metadataOf(value as Value) })),
    },
    { name: "abort", parameters: [], returns: "unit", call: () => abort("aborted by the script") },
    { name: "abort", parameters: ["string"], returns: "unit", call: ([reason]) => abort(reason as string) },
  ];
}
