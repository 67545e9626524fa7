import type { Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { type ListedAxis, listArguments, scanTogether } from "./list-scan.ts";
import { roundOrigins } from "./round-origins.ts";

/** A list scan whose places count from where the axes are; afterwards they go back there, whatever happened. */
export function* relativeListScan(
  detectors: readonly Readable[],
  ...axes: readonly [ListedAxis, ...ListedAxis[]]
): Plan<string> {
  const plan_args = listArguments("relativeListScan", detectors, axes);
  return yield* roundOrigins(
    axes.map(({ axis }) => axis),
    (origins) =>
      scanTogether(
        { plan_name: "relative_list_scan", plan_args: { ...plan_args, origins } },
        detectors,
        axes.map(({ axis, places }) => ({ axis, places: places.map((place) => origins[axis.id]! + place) })),
      ),
  );
}
