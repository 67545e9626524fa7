import type { Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { checkSnakes, gridOf } from "./grid-of.ts";
import { type GridAxis, gridArguments } from "./grid-scan.ts";
import { placesBetween } from "./places-between.ts";
import { roundOrigins } from "./round-origins.ts";

/** A grid round where the axes are; afterwards they go back there, whatever happened. */
export function* relativeGridScan(
  detectors: readonly Readable[],
  ...axes: readonly [GridAxis, ...GridAxis[]]
): Plan<string> {
  checkSnakes("relativeGridScan", axes);
  return yield* roundOrigins(
    axes.map(({ axis }) => axis),
    (origins) =>
      gridOf(
        { plan_name: "relative_grid_scan", plan_args: { ...gridArguments(detectors, axes), origins } },
        detectors,
        axes.map(({ axis, start, stop, num, snake = false }) => {
          const origin = origins[axis.id]!;
          return {
            axis,
            places: placesBetween("relativeGridScan", origin + start, origin + stop, num),
            snake,
          };
        }),
      ),
  );
}
