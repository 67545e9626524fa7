import { can, type Device, type Movable, type Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../../engine/plan.ts";
import { count } from "../../engine/plans/count.ts";
import { gridScan } from "../../engine/plans/grid-scan.ts";
import { scan } from "../../engine/plans/scan.ts";
import { mismatch } from "../errors/failures.ts";
import type { HostFunction, HostParameter } from "../host-function.ts";
import { typeName } from "../values/type-name.ts";
import { HostObject, type Value } from "../values/value.ts";
import { type DeviceType, deviceTypes, laserType, stageType } from "./device-types.ts";
import type { ScriptSession } from "./script-session.ts";

function deviceOf(value: Value): Device | undefined {
  const isDevice = value instanceof HostObject && deviceTypes.includes(value.type as DeviceType);
  return isDevice ? (value.target as Device) : undefined;
}

/** A device, or an array of devices, that can be read. */
function detectorsOf(value: Value): Readable[] {
  return (Array.isArray(value) ? value : [value]).map((item) => {
    const device = deviceOf(item);
    if (device !== undefined && can(device, "readable")) return device;
    throw mismatch("a device that gives readings", device?.id ?? typeName(item));
  });
}

const line = ["float", "float", "int"] as const;

function lineOf(parameters: readonly unknown[]): { start: number; stop: number; num: number } {
  const [start, stop, num] = parameters.map(Number) as [number, number, number];
  return { start, stop, num };
}

export function planFunctions(session: ScriptSession): HostFunction[] {
  const planFunction = (
    name: string,
    parameters: readonly HostParameter[],
    plan: (detectors: Readable[], parameters: readonly unknown[]) => Plan<string>,
  ): HostFunction => ({
    name,
    parameters: ["any", ...parameters],
    returns: "string",
    call: ([detectors, ...rest]) =>
      session.ask(session.inRunsOfItsOwn(plan(detectorsOf(detectors as Value), rest))),
  });
  const axisTypes = [laserType, stageType];
  return [
    planFunction("count", ["int"], (detectors, [num]) => count(detectors, { num: Number(num) })),
    planFunction("count", ["int", "float"], (detectors, [num, delaySeconds]) =>
      count(detectors, { num: Number(num), delaySeconds: Number(delaySeconds) }),
    ),
    ...axisTypes.map((type) =>
      planFunction("line_scan", [type, ...line], (detectors, [axis, ...rest]) => {
        const { num, ...ends } = lineOf(rest);
        return scan(detectors, { axis: axis as Movable, ...ends }, num);
      }),
    ),
    ...axisTypes.flatMap((slow) =>
      axisTypes.map((fast) =>
        planFunction("grid_scan", [slow, ...line, fast, ...line], (detectors, parameters) =>
          gridScan(
            detectors,
            { axis: parameters[0] as Movable, ...lineOf(parameters.slice(1, 4)) },
            { axis: parameters[4] as Movable, ...lineOf(parameters.slice(5, 8)) },
          ),
        ),
      ),
    ),
  ];
}
