import { nodesOf } from "../check/nodes-of.ts";
import type { Script } from "../parser/syntax-tree.ts";
import { type DeviceType, deviceTypes } from "./device-types.ts";

export type CreatedDevice = { readonly type: DeviceType; readonly id: string; readonly at: number };

/** The devices that a script names where it makes them: `create_camera("camera0")`. In the order of the text. */
export function createdDevices(script: Script): CreatedDevice[] {
  const created: CreatedDevice[] = [];
  for (const node of nodesOf(script)) {
    if (node.kind !== "call" || node.parameters.length !== 1) continue;
    const type = deviceTypes.find(({ create }) => create === node.name);
    const [parameter] = node.parameters;
    if (type === undefined || parameter?.kind !== "literal" || typeof parameter.value !== "string") continue;
    created.push({ type, id: parameter.value, at: node.at });
  }
  return created.sort((a, b) => a.at - b.at);
}
