import { DaqError } from "../model/errors.ts";
import type { Movable } from "./capabilities.ts";

/** Throws `DaqError("device")` for a place that the axis cannot go to. Touches no device. */
export function checkTarget(
  { id, axis: { unit, limits } }: Pick<Movable, "id" | "axis">,
  target: number,
): void {
  const inUnit = unit === null ? "" : ` ${unit}`;
  if (!Number.isFinite(target))
    throw new DaqError("device", `${id} cannot be moved to ${target}.`, { hint: "Give a finite number." });
  if (limits !== undefined && (target < limits[0] || target > limits[1]))
    throw new DaqError(
      "device",
      `${id} cannot be moved to ${target}${inUnit}: its limits are ${limits[0]} to ${limits[1]}${inUnit}.`,
      { hint: "Change the plan; the device's limits are what it can do." },
    );
}
