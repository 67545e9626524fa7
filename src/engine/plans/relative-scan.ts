import type { Readable } from "../../devices/capabilities.ts";
import { position } from "../messages/position.ts";
import type { Plan } from "../plan.ts";
import { scanTogether } from "./list-scan.ts";
import { placesBetween } from "./places-between.ts";
import { moveTo } from "./point.ts";
import { type ScannedAxis, scanArguments } from "./scan.ts";

/** A scan round where the axes are; afterwards they go back there, whatever happened. */
export function* relativeScan(
  detectors: readonly Readable[],
  axes: ScannedAxis | readonly ScannedAxis[],
  num: number,
): Plan<string> {
  const list = Array.isArray(axes) ? (axes as readonly ScannedAxis[]) : [axes as ScannedAxis];
  const origins: number[] = [];
  for (const { axis } of list) origins.push(yield* position(axis));
  const plan = { plan_name: "relative_scan", plan_args: { ...scanArguments(detectors, list, num), origins } };
  try {
    return yield* scanTogether(
      plan,
      detectors,
      list.map(({ axis, start, stop }, index) => {
        const origin = origins[index]!;
        return { axis, places: placesBetween("relativeScan", origin + start, origin + stop, num) };
      }),
    );
  } finally {
    yield* moveTo(list.map(({ axis }, index) => [axis, origins[index]!] as const));
  }
}
