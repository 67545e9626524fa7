import type { Movable } from "../../devices/capabilities.ts";
import { checkTarget } from "../../devices/check-target.ts";
import { DaqError } from "../../model/errors.ts";

/**
 * Refuses a plan that would leave the limits of an axis at any of its points, before it has begun. The axes are those of a grid,
 * the last one fastest. Throws `DaqError("device")` with the first such point.
 */
export function checkReach(
  axes: readonly { readonly axis: Movable; readonly places: readonly number[] }[],
): void {
  let found: { readonly point: number; readonly error: DaqError } | undefined;
  let pointsEach = 1;
  for (const { axis, places } of axes.toReversed()) {
    const outside = firstOutside(axis, places);
    if (outside !== undefined) {
      const point = outside.index * pointsEach + 1;
      if (found === undefined || point < found.point) found = { point, error: outside.error };
    }
    pointsEach *= places.length;
  }
  if (found === undefined) return;
  const { point, error } = found;
  throw new DaqError(error.code, `${error.message} That is point ${point} of the plan; nothing was moved.`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

function firstOutside(axis: Movable, places: readonly number[]) {
  for (const [index, place] of places.entries())
    try {
      checkTarget(axis, place);
    } catch (error) {
      return { index, error: error as DaqError };
    }
  return undefined;
}
