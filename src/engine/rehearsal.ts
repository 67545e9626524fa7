import type { Movable } from "../devices/capabilities.ts";
import { checkTarget } from "../devices/check-target.ts";
import { DaqError } from "../model/errors.ts";
import type { Readings } from "../model/reading.ts";

/** Stands in for devices in a dry run. It knows where axes were sent, and nothing that only a device knows. */
export class Rehearsal {
  readonly #positions: Map<Movable, number>;
  points = 0;

  constructor(positions: ReadonlyMap<Movable, number>) {
    this.#positions = new Map(positions);
  }

  move(device: Movable, target: number): void {
    checkTarget(device, target);
    this.#positions.set(device, target);
  }

  position(device: Movable): number {
    const known = this.#positions.get(device);
    if (known === undefined)
      throw new DaqError("usage", `A dry run does not know where ${device.id} is.`, {
        hint: "Say where it would start, in `positions`.",
      });
    return known;
  }

  /** Readings that nobody may look at: a plan that decides by them cannot be tried without its devices. */
  unread(id: string): Readings {
    const refuse = (): never => {
      throw new DaqError("usage", `A dry run has no reading of ${id}, and the plan decides by it.`, {
        hint: "Such a plan can only be tried with its devices, or with simulated ones.",
      });
    };
    return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse });
  }
}
