import { DaqError } from "../../model/errors.ts";
import type { Clock } from "../contract.ts";
import { normalAt } from "./noise.ts";

export type AxisMotion = {
  readonly start: number;
  /** Units in a second; infinite: it is there at once. */
  readonly speed: number;
  readonly settleSeconds: number;
  /** Standard deviation of where it ends from where it was sent: why the read-back is what counts. */
  readonly repeatability: number;
};

type Movement = {
  readonly from: number;
  readonly to: number;
  readonly startNs: bigint;
  readonly stop: AbortController;
};

/** An axis that moves at a steady speed, seen at any moment. */
export class SimulatedAxis {
  readonly #id: string;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #motion: AxisMotion;
  #at: number;
  #setPoint: number;
  #moves = 0;
  #movement: Movement | undefined;

  constructor(id: string, motion: AxisMotion, clock: Clock, seed: number) {
    this.#id = id;
    this.#motion = motion;
    this.#clock = clock;
    this.#seed = seed;
    this.#at = motion.start;
    this.#setPoint = motion.start;
  }

  get setPoint(): number {
    return this.#setPoint;
  }

  /** Where it is at this moment, also on the way. */
  get position(): number {
    if (this.#movement === undefined) return this.#at;
    const { from, to, startNs } = this.#movement;
    const seconds = Number(this.#clock.nowNs() - startNs) / 1e9;
    const way = Math.min(this.#motion.speed * seconds, Math.abs(to - from));
    return from + Math.sign(to - from) * way;
  }

  async moveTo(target: number, signal: AbortSignal): Promise<void> {
    if (this.#movement !== undefined)
      throw new DaqError("device", `${this.#id} cannot be moved to ${target}: it is moving.`, {
        hint: "Wait for the movement, or stop it.",
      });
    signal.throwIfAborted();
    const error = this.#motion.repeatability * normalAt(this.#seed, this.#moves++, 3);
    const movement = {
      from: this.#at,
      to: target + error,
      startNs: this.#clock.nowNs(),
      stop: new AbortController(),
    };
    this.#movement = movement;
    this.#setPoint = target;
    const seconds = Math.abs(movement.to - movement.from) / this.#motion.speed + this.#motion.settleSeconds;
    const ended = AbortSignal.any([signal, movement.stop.signal]);
    if (seconds > 0) await this.#clock.sleep(seconds * 1000, ended);
    this.#at = ended.aborted ? this.position : movement.to;
    this.#movement = undefined;
    if (ended.aborted)
      throw new DaqError("device", `${this.#id} was stopped at ${this.#at} on its way to ${target}.`, {
        hint: "It stays there until it is moved again.",
      });
  }

  stop(): void {
    this.#movement?.stop.abort();
  }
}
