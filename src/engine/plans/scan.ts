import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../plan.ts";
import { scanTogether } from "./list-scan.ts";
import { placesBetween } from "./places-between.ts";

export type ScannedAxis = { readonly axis: Movable; readonly start: number; readonly stop: number };

/** Moves axes together from start to stop in `num` even points, both ends included, and reads detectors at each. */
export function* scan(
  detectors: readonly Readable[],
  axes: ScannedAxis | readonly ScannedAxis[],
  num: number,
): Plan<string> {
  const list = Array.isArray(axes) ? (axes as readonly ScannedAxis[]) : [axes as ScannedAxis];
  const plan = { plan_name: "scan", plan_args: scanArguments(detectors, list, num) };
  return yield* scanTogether(
    plan,
    detectors,
    list.map(({ axis, start, stop }) => ({ axis, places: placesBetween("scan", start, stop, num) })),
  );
}

export function scanArguments(detectors: readonly Readable[], axes: readonly ScannedAxis[], num: number) {
  return {
    detectors: detectors.map(({ id }) => id),
    axes: axes.map(({ axis, start, stop }) => ({ axis: axis.id, start, stop })),
    num,
  };
}
