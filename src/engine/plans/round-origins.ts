import type { Movable } from "../../devices/capabilities.ts";
import { position } from "../messages/position.ts";
import type { Plan } from "../plan.ts";
import { moveTo } from "./point.ts";

/** Where axes were, by their ids. */
export type Origins = { readonly [id: string]: number };

/** Asks axes where they are and carries out a plan that depends on it; afterwards they go back there, whatever happened. */
export function* roundOrigins<Result>(
  axes: readonly Movable[],
  steps: (origins: Origins) => Plan<Result>,
): Plan<Result> {
  const origins: Record<string, number> = {};
  for (const axis of axes) origins[axis.id] = yield* position(axis);
  try {
    return yield* steps(origins);
  } finally {
    yield* moveTo(axes.map((axis) => [axis, origins[axis.id]!] as const));
  }
}
