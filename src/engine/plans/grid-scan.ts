import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { checkSnakes, gridOf } from "./grid-of.ts";
import { placesBetween } from "./places-between.ts";

export type GridAxis = {
  readonly axis: Movable;
  readonly start: number;
  readonly stop: number;
  readonly num: number;
  /** Goes to and fro: each line begins where the one before ended. Not for the slowest axis. */
  readonly snake?: boolean;
};

/** Moves axes through all combinations of their places, the last one fastest, and reads detectors at each. */
export function* gridScan(
  detectors: readonly Readable[],
  ...axes: readonly [GridAxis, ...GridAxis[]]
): Plan<string> {
  checkSnakes("gridScan", axes);
  const lines = axes.map(({ axis, start, stop, num, snake = false }) => ({
    axis,
    places: placesBetween("gridScan", start, stop, num),
    snake,
  }));
  const plan = { plan_name: "grid_scan", plan_args: gridArguments(detectors, axes) };
  return yield* gridOf(plan, detectors, lines);
}

export function gridArguments(detectors: readonly Readable[], axes: readonly GridAxis[]) {
  return {
    detectors: detectors.map(({ id }) => id),
    axes: axes.map(({ axis, snake = false, start, stop, num }) => ({
      axis: axis.id,
      start,
      stop,
      num,
      snake,
    })),
  };
}
