import type { Quantities, Readings } from "../../model/reading.ts";
import type { Movable } from "../capabilities.ts";
import { checkTarget } from "../check-target.ts";
import type { Clock } from "../contract.ts";
import { SimulatedAxis } from "./simulated-axis.ts";

const limits = [-25, 25] as const;

/** In mm. */
export const usualRepeatability = 0.0005;

/** A linear stage that carries a pinhole of 1 mm through the beam: most light passes at 0. */
export class BenchStage implements Movable {
  readonly id: string;
  readonly axis = { unit: "mm", limits } as const;
  readonly #clock: Clock;
  readonly #travel: SimulatedAxis;

  constructor(
    id: string,
    clock: Clock,
    {
      seed,
      speed,
      repeatability = usualRepeatability,
    }: { seed: number; speed: number; repeatability?: number },
  ) {
    this.id = id;
    this.#clock = clock;
    const settleSeconds = speed === Number.POSITIVE_INFINITY ? 0 : 0.02;
    this.#travel = new SimulatedAxis(
      id,
      { start: 0, speed: 10 * speed, settleSeconds, repeatability },
      clock,
      seed,
    );
  }

  /** Part of the beam that passes. */
  get transmission(): number {
    return Math.exp(-2 * this.#travel.position ** 2);
  }

  async describe(): Promise<Quantities> {
    const travel = { dtype: "float64", unit: "mm", precision: 4, limits } as const;
    return {
      [this.id]: { ...travel, source: "sim stage: encoder" },
      [`${this.id}_setpoint`]: { ...travel, source: "sim stage: place that it was sent to" },
    };
  }

  async read(): Promise<Readings> {
    const timestampNs = this.#clock.nowNs();
    return {
      [this.id]: { value: this.#travel.position, timestampNs },
      [`${this.id}_setpoint`]: { value: this.#travel.setPoint, timestampNs },
    };
  }

  async moveTo(target: number, signal: AbortSignal): Promise<void> {
    checkTarget(this, target);
    await this.#travel.moveTo(target, signal);
  }

  async position(): Promise<number> {
    return this.#travel.position;
  }

  async stop(): Promise<void> {
    this.#travel.stop();
  }
}
