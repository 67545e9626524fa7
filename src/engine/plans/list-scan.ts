import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";
import { checkPlaces } from "./check-places.ts";
import { checkReach } from "./check-reach.ts";
import { inRun } from "./in-run.ts";
import { point } from "./point.ts";

export type ListedAxis = { readonly axis: Movable; readonly places: readonly number[] };

/** Moves axes together through lists of places of the same length, and reads detectors at each. */
export function* listScan(
  detectors: readonly Readable[],
  ...axes: readonly [ListedAxis, ...ListedAxis[]]
): Plan<string> {
  const plan = { plan_name: "list_scan", plan_args: listArguments("listScan", detectors, axes) };
  return yield* scanTogether(plan, detectors, axes);
}

/** Refuses lists that cannot be gone through together. */
export function listArguments(
  name: string,
  detectors: readonly Readable[],
  axes: readonly [ListedAxis, ...ListedAxis[]],
) {
  for (const { axis, places } of axes) checkPlaces(name, axis, places);
  const num = axes[0].places.length;
  const other = axes.find(({ places }) => places.length !== num);
  if (other !== undefined)
    throw new DaqError(
      "usage",
      `${name}: ${axes[0].axis.id} has ${num} places, ${other.axis.id} ${other.places.length}.`,
      { hint: "Give every axis the same number of places." },
    );
  return {
    detectors: detectors.map(({ id }) => id),
    axes: axes.map(({ axis, places }) => ({ axis: axis.id, places })),
  };
}

/** The run of all scans whose axes move together. */
export function* scanTogether(
  plan: Partial<RunStart>,
  detectors: readonly Readable[],
  axes: readonly ListedAxis[],
): Plan<string> {
  for (const axis of axes) checkReach([axis]);
  const num = axes[0]!.places.length;
  const devices = [...axes.map(({ axis }) => axis), ...detectors];
  return yield* inRun(
    {
      ...plan,
      num_points: num,
      detectors: detectors.map(({ id }) => id),
      motors: axes.map(({ axis }) => axis.id),
      hints: { dimensions: [[axes.map(({ axis }) => axis.id), "primary"]] },
    },
    devices,
    (function* (): Plan {
      for (let index = 0; index < num; index++)
        yield* point(
          detectors,
          axes.map(({ axis, places }) => [axis, places[index]!] as const),
        );
    })(),
    devices,
  );
}
