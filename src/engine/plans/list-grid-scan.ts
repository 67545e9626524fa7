import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { checkPlaces } from "./check-places.ts";
import { checkSnakes, gridOf } from "./grid-of.ts";

export type ListedGridAxis = {
  readonly axis: Movable;
  readonly places: readonly number[];
  /** Goes to and fro. Not for the slowest axis. */
  readonly snake?: boolean;
};

/** Moves axes through all combinations of the places of their lists, the last one fastest, and reads detectors at each. */
export function* listGridScan(
  detectors: readonly Readable[],
  ...axes: readonly [ListedGridAxis, ...ListedGridAxis[]]
): Plan<string> {
  checkSnakes("listGridScan", axes);
  for (const { axis, places } of axes) checkPlaces("listGridScan", axis, places);
  const lines = axes.map(({ axis, places, snake = false }) => ({ axis, places, snake }));
  const plan = {
    plan_name: "list_grid_scan",
    plan_args: {
      detectors: detectors.map(({ id }) => id),
      axes: lines.map(({ axis, places, snake }) => ({ axis: axis.id, places, snake })),
    },
  };
  return yield* gridOf(plan, detectors, lines);
}
