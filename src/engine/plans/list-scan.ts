import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";
import { inRun } from "./in-run.ts";
import { point } from "./point.ts";

export type ListedAxis = { readonly axis: Movable; readonly places: readonly number[] };

/** Moves axes together through lists of places of the same length, and reads detectors at each. */
export function* listScan(
  detectors: readonly Readable[],
  ...axes: readonly [ListedAxis, ...ListedAxis[]]
): Plan<string> {
  const num = axes[0].places.length;
  const other = axes.find(({ places }) => places.length !== num);
  if (num === 0 || other !== undefined)
    throw new DaqError(
      "usage",
      `listScan: ${axes[0].axis.id} has ${num} places, ${(other ?? axes[0]).axis.id} ${other?.places.length ?? num}.`,
      { hint: "Give every axis the same number of places, at least one." },
    );
  const plan = {
    plan_name: "list_scan",
    plan_args: {
      detectors: detectors.map(({ id }) => id),
      axes: axes.map(({ axis, places }) => ({ axis: axis.id, places })),
    },
  };
  return yield* scanTogether(plan, detectors, axes);
}

/** The run of all scans whose axes move together. */
export function* scanTogether(
  plan: Partial<RunStart>,
  detectors: readonly Readable[],
  axes: readonly ListedAxis[],
): Plan<string> {
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
  );
}
