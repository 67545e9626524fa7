import { can, type Movable, type Readable } from "../../devices/capabilities.ts";
import type { Readings } from "../../model/reading.ts";
import { beginMove } from "../messages/begin-move.ts";
import { beginTrigger } from "../messages/begin-trigger.ts";
import { checkpoint } from "../messages/checkpoint.ts";
import { create } from "../messages/create.ts";
import { drop } from "../messages/drop.ts";
import { read } from "../messages/read.ts";
import { save } from "../messages/save.ts";
import { wait } from "../messages/wait.ts";
import type { Plan } from "../plan.ts";

/** Sends axes to places and waits until all have settled. */
export function* moveTo(places: Iterable<readonly [Movable, number]>): Plan {
  for (const [axis, target] of places) yield* beginMove(axis, target, "axes");
  yield* wait("axes");
}

/** What was read, by device. */
export type PointReadings = ReadonlyMap<Readable, Readings>;

/** Triggers what can be triggered, all at once, then reads everything into one event. */
export function* triggerAndRead(devices: readonly Readable[], stream = "primary"): Plan<PointReadings> {
  let triggered = false;
  for (const device of devices)
    if (can(device, "triggerable")) {
      yield* beginTrigger(device, "triggers");
      triggered = true;
    }
  if (triggered) yield* wait("triggers");
  yield* create(stream);
  const readings = new Map<Readable, Readings>();
  try {
    for (const device of devices) readings.set(device, yield* read(device));
    yield* save();
  } catch (error) {
    // Whoever mends the failure may take the next event.
    yield* drop();
    throw error;
  }
  return readings;
}

/** One point of a scan: a checkpoint, the move, the event with the read-backs of all axes, also of those that stay. */
export function* point(
  detectors: readonly Readable[],
  moves: readonly (readonly [Movable, number])[],
  axes: readonly Movable[] = moves.map(([axis]) => axis),
): Plan<PointReadings> {
  yield* checkpoint();
  yield* moveTo(moves);
  return yield* triggerAndRead([...axes, ...detectors]);
}
