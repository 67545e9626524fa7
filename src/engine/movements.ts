import type { Device, Movable } from "../devices/capabilities.ts";
import { type Patience, Status } from "../devices/status.ts";
import { obeySeconds, tellDevices } from "./tell-devices.ts";

/** What devices were told to do and may still be doing, in the groups that are waited for; and where the axes were sent. */
export class Movements {
  readonly #groups = new Map<string, Status[]>();
  readonly #moving = new Map<Movable, Status>();
  /** Where each axis was before the plan moved it, and where it was sent last. */
  readonly #origins = new Map<Movable, number>();
  readonly #targets = new Map<Movable, number>();
  #stopping: Promise<unknown> = Promise.resolve();

  /** Begins something that `wait` ends. */
  begin(
    group: string,
    device: Device,
    action: string,
    call: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Status {
    const status = new Status(device.id, action, (async () => call(signal))());
    const others = this.#groups.get(group);
    if (others === undefined) this.#groups.set(group, [status]);
    else others.push(status);
    return status;
  }

  hasOrigin(device: Movable): boolean {
    return this.#origins.has(device);
  }

  /** An axis is brought back to there when a pause comes before the first checkpoint. */
  setOrigin(device: Movable, position: number): void {
    this.#origins.set(device, position);
  }

  move(group: string, device: Movable, target: number, signal: AbortSignal): Status {
    const action = `the move to ${target}${device.axis.unit === null ? "" : ` ${device.axis.unit}`}`;
    const status = this.begin(group, device, action, (given) => device.moveTo(target, given), signal);
    this.#targets.set(device, target);
    this.#moving.set(device, status);
    return status;
  }

  /** The first failure ends the waiting, whichever device it is. */
  async wait(group: string, patience: Patience): Promise<void> {
    const statuses = this.#groups.get(group) ?? [];
    this.#groups.delete(group);
    await Promise.all(statuses.map((status) => status.wait(patience)));
  }

  /** Where the axes were sent last: a copy. */
  targets(): ReadonlyMap<Movable, number> {
    return new Map(this.#targets);
  }

  /** The axes that were sent anywhere. */
  get moved(): Iterable<Movable> {
    return this.#targets.keys();
  }

  /** Takes over where another session had sent the axes. */
  resume(targets: ReadonlyMap<Movable, number>): void {
    for (const [device, target] of targets) this.#targets.set(device, target);
  }

  /** Sends every axis that was moved to where it was then, or to its origin. */
  moveBack(group: string, targets: ReadonlyMap<Movable, number>, signal: AbortSignal): void {
    for (const device of this.#targets.keys())
      this.move(group, device, targets.get(device) ?? this.#origins.get(device)!, signal);
  }

  /** Tells all that moves to stop, and waits for that a moment. Returns what did not obey. */
  stop(): Promise<string[]> {
    const told = this.#stopAll();
    // Whoever goes on after it may move them again: a stop that was said before must not come after that.
    const stopped = this.#stopping.then(() => told);
    this.#stopping = stopped;
    return stopped;
  }

  #stopAll(): Promise<string[]> {
    // Also those whose move failed: that a driver gave up does not mean that the axis stands.
    const moving = [...this.#moving].filter(([, { state }]) => state !== "done");
    this.#moving.clear();
    this.#groups.clear();
    return tellDevices(
      moving.map(([device, status]) => [
        device,
        "the stop",
        async (signal) => {
          await device.stop();
          // How the movement ended does not matter, only that it did: it may be moved again next.
          await status.wait({ timeoutMs: obeySeconds * 1000, signal }).catch(() => {});
        },
      ]),
    );
  }
}
