import type { Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { scanTogether } from "./list-scan.ts";
import { placesBetween } from "./places-between.ts";
import { roundOrigins } from "./round-origins.ts";
import { type ScannedAxis, scanArguments } from "./scan.ts";

/** A scan round where the axes are; afterwards they go back there, whatever happened. */
export function* relativeScan(
  detectors: readonly Readable[],
  axes: ScannedAxis | readonly ScannedAxis[],
  num: number,
): Plan<string> {
  const list = Array.isArray(axes) ? (axes as readonly ScannedAxis[]) : [axes as ScannedAxis];
  const shifted = (origins: Readonly<Record<string, number>>) =>
    list.map(({ axis, start, stop }) => {
      const origin = origins[axis.id]!;
      return { axis, places: placesBetween("relativeScan", origin + start, origin + stop, num) };
    });
  return yield* roundOrigins(
    list.map(({ axis }) => axis),
    (origins) =>
      scanTogether(
        { plan_name: "relative_scan", plan_args: { ...scanArguments(detectors, list, num), origins } },
        detectors,
        shifted(origins),
      ),
  );
}
