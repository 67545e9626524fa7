import { DaqError } from "../../model/errors.ts";
import { checkCount } from "../check-count.ts";

/** `num` places from `start` to `stop`, both included, evenly: each from the ends, so that no error adds up. */
export function placesBetween(plan: string, start: number, stop: number, num: number): readonly number[] {
  checkCount(plan, num);
  for (const end of [start, stop])
    if (!Number.isFinite(end))
      throw new DaqError("usage", `${plan} was asked to go to ${end}.`, { hint: "Give finite numbers." });
  if (num === 1) return [start];
  return Array.from({ length: num }, (_, index) => (start * (num - 1 - index) + stop * index) / (num - 1));
}
