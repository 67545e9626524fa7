import { DaqError } from "../model/errors.ts";

/** A number of points: whole, at least one. */
export function checkCount(plan: string, num: number): void {
  if (!Number.isSafeInteger(num) || num < 1)
    throw new DaqError("usage", `${plan} was asked for ${num} points.`, {
      hint: "Give a whole number from 1.",
    });
}
