import { DaqError } from "../model/errors.ts";

/** Longest time that a timer can wait. */
const mostSeconds = 2_000_000;

/** A time that can be waited. */
export function checkPatience(name: string, seconds: number): void {
  if (!(seconds > 0 && seconds <= mostSeconds))
    throw new DaqError("usage", `${name} is ${seconds}.`, {
      hint: `Give seconds above 0, up to ${mostSeconds}.`,
    });
}
