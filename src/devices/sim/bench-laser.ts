import type { Quantities, Readings } from "../../model/reading.ts";
import type { Emitting, Guarded, Movable, Stageable } from "../capabilities.ts";
import { checkTarget } from "../check-target.ts";
import type { Clock } from "../contract.ts";
import { SimulatedAxis } from "./simulated-axis.ts";

const limits = [690, 1040] as const;

/** In nm. */
export const usualRepeatability = 0.02;

/** A tunable titanium-sapphire laser. Its axis is the wavelength. */
export class BenchLaser implements Movable, Emitting, Guarded, Stageable {
  readonly id: string;
  readonly axis = { unit: "nm", limits } as const;
  readonly #clock: Clock;
  readonly #wavelength: SimulatedAxis;
  #emission = true;

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
    const settleSeconds = speed === Number.POSITIVE_INFINITY ? 0 : 0.05;
    this.#wavelength = new SimulatedAxis(
      id,
      { start: 800, speed: 200 * speed, settleSeconds, repeatability },
      clock,
      seed,
    );
  }

  /** Power at the output, 0 without emission: the gain of the crystal, widest round 800 nm. */
  get powerMw(): number {
    return this.#emission ? 2500 * Math.exp(-(((this.wavelengthNm - 800) / 110) ** 2)) : 0;
  }

  get wavelengthNm(): number {
    return this.#wavelength.position;
  }

  get emission(): boolean {
    return this.#emission;
  }

  async describe(): Promise<Quantities> {
    const wavelength = { dtype: "float64", unit: "nm", precision: 2, limits } as const;
    return {
      [this.id]: { ...wavelength, source: "sim laser: wavelength" },
      [`${this.id}_setpoint`]: { ...wavelength, source: "sim laser: wavelength that it was sent to" },
    };
  }

  async read(): Promise<Readings> {
    const timestampNs = this.#clock.nowNs();
    return {
      [this.id]: { value: this.wavelengthNm, timestampNs },
      [`${this.id}_setpoint`]: { value: this.#wavelength.setPoint, timestampNs },
    };
  }

  async moveTo(target: number, signal: AbortSignal): Promise<void> {
    checkTarget(this, target);
    await this.#wavelength.moveTo(target, signal);
  }

  async position(): Promise<number> {
    return this.wavelengthNm;
  }

  async stop(): Promise<void> {
    this.#wavelength.stop();
  }

  async setEmission(on: boolean): Promise<void> {
    this.#emission = on;
  }

  async stage(): Promise<void> {
    this.#emission = true;
  }

  /** Emission stays: a laser that was switched off needs half an hour to be itself again. */
  async unstage(): Promise<void> {}

  async makeSafe(): Promise<void> {
    this.#emission = false;
  }
}
