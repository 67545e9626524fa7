import type { Readable } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";
import { inRun } from "./in-run.ts";
import { type PointReadings, point } from "./point.ts";
import type { ScannedAxis } from "./scan.ts";

export type AdaptiveScanOptions = {
  /** The quantity that decides, of one of the detectors. */
  readonly quantity: string;
  /** The change from point to point that is wanted. */
  readonly change: number;
  readonly minStep: number;
  readonly maxStep: number;
  /** Goes back when a step turns out to have been too large. Default: false. */
  readonly backstep?: boolean;
};

/** A step is too large when the next would be smaller than this part of it: nearer to 1, noise alone sends the axis back. */
const tooLarge = 0.8;

/** How much of the new step is taken over at once; the rest stays as it was, so that one reading does not decide alone. */
const newPart = 0.2;

/**
 * Goes from start to stop in steps that are small where a signal changes and large where it does not. A point where the
 * signal has no value decides nothing. It decides by readings, so it cannot be tried dry.
 */
export function* adaptiveScan(
  detectors: readonly Readable[],
  { axis, start, stop }: ScannedAxis,
  { quantity, change, minStep, maxStep, backstep = false }: AdaptiveScanOptions,
): Plan<string> {
  if (!(Number.isFinite(start) && Number.isFinite(stop)))
    throw new DaqError("usage", `adaptiveScan was asked to go from ${start} to ${stop}.`, {
      hint: "Give finite numbers.",
    });
  if (!(change > 0 && minStep > 0 && minStep <= maxStep && Number.isFinite(maxStep)))
    throw new DaqError(
      "usage",
      `adaptiveScan cannot step by ${minStep} to ${maxStep} for a change of ${change}.`,
      { hint: "Give a change above 0, and steps above 0 with minStep no larger than maxStep." },
    );
  const ids = detectors.map(({ id }) => id);
  const devices = [axis, ...detectors];
  return yield* inRun(
    {
      plan_name: "adaptive_scan",
      plan_args: { detectors: ids, axis: axis.id, start, stop, quantity, change, minStep, maxStep, backstep },
      detectors: ids,
      motors: [axis.id],
      hints: { dimensions: [[[axis.id], "primary"]] },
    },
    devices,
    (function* (): Plan {
      const direction = stop < start ? -1 : 1;
      const length = Math.abs(stop - start);
      /** How far from the start, and how far the last point that counts was from there. */
      let at = 0;
      let step = (minStep + maxStep) / 2;
      let past: { readonly at: number; readonly value: number } | undefined;
      for (;;) {
        const readings = yield* point(detectors, [[axis, at === length ? stop : start + direction * at]]);
        const value = signalOf(readings, quantity);
        if (value !== undefined) {
          if (past !== undefined && past.at < at) {
            const slope = Math.abs(value - past.value) / (at - past.at);
            const wanted = Math.min(Math.max(change / slope, minStep), maxStep);
            if (backstep && wanted < tooLarge * (at - past.at)) {
              step = wanted;
              at = Math.min(past.at + step, length);
              continue;
            }
            step = newPart * wanted + (1 - newPart) * step;
          }
          past = { at, value };
        }
        if (at === length) return;
        at = Math.min(at + step, length);
      }
    })(),
    devices,
  );
}

/** Undefined: the device had no value here. */
function signalOf(readings: PointReadings, quantity: string): number | undefined {
  for (const of of readings.values()) {
    const reading = of[quantity];
    if (reading === undefined) continue;
    const value = reading.value === null ? Number.NaN : Number(reading.value);
    return Number.isFinite(value) ? value : undefined;
  }
  throw new DaqError("usage", `adaptiveScan decides by ${quantity}, which no detector gives.`, {
    hint: "Name a quantity of one of the detectors.",
  });
}
