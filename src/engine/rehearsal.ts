import type { Movable, Readable } from "../devices/capabilities.ts";
import { checkTarget } from "../devices/check-target.ts";
import type { RunStart } from "../documents/run-start.ts";
import { DaqError } from "../model/errors.ts";
import type { Readings } from "../model/reading.ts";

/** Stands in for devices where a plan is gone through without them: in a dry run, and when a run is taken up again. */
export interface Rehearsal {
  openRun(plan: Partial<RunStart>): string;
  closeRun(): void;
  move(device: Movable, target: number): void;
  position(device: Movable): number;
  create(stream: string): void;
  read(device: Readable): Readings;
  save(): void;
  drop(): void;
  monitor(stream: string): void;
  /** A moment from which a plan counts its time. */
  moment(): bigint;
}

/** Knows where axes were sent, and nothing that only a device knows. */
export class DryRehearsal implements Rehearsal {
  readonly #positions: Map<Movable, number>;
  points = 0;

  constructor(positions: ReadonlyMap<Movable, number>) {
    this.#positions = new Map(positions);
  }

  openRun(): string {
    return "dry run";
  }

  closeRun(): void {}

  create(): void {}

  save(): void {
    this.points++;
  }

  drop(): void {}

  monitor(): void {}

  moment(): bigint {
    return 0n;
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
  read({ id }: Readable): Readings {
    const refuse = (): never => {
      throw new DaqError("usage", `A dry run has no reading of ${id}, and the plan decides by it.`, {
        hint: "Such a plan can only be tried with its devices, or with simulated ones.",
      });
    };
    return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse });
  }
}
