import type { Movable } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";

/** A list of places: at least one, all of them numbers. */
export function checkPlaces(plan: string, { id }: Movable, places: readonly number[]): void {
  const wrong = places.find((place) => !Number.isFinite(place));
  if (places.length === 0 || wrong !== undefined)
    throw new DaqError(
      "usage",
      `${plan}: ${id} has ${wrong === undefined ? "no place" : `the place ${wrong}`}.`,
      {
        hint: "Give a list of finite numbers, at least one.",
      },
    );
}
