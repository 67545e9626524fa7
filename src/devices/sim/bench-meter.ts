import { DaqError } from "../../model/errors.ts";
import type { Quantities, Readings } from "../../model/reading.ts";
import type { Exposing, Parameterised, Readable, Triggerable, WavelengthSelective } from "../capabilities.ts";
import type { Clock } from "../contract.ts";
import type { Light } from "./beam.ts";
import { normalAt } from "./noise.ts";
import { siliconResponsivity } from "./silicon.ts";

export type BenchMeterOptions = {
  readonly seed: number;
  readonly speed: number;
  /** Standard deviation of a measurement of 0.1 s. Default: 0.03. */
  readonly noiseMw?: number;
  /** Each N-th measurement gives no value. */
  readonly missEvery?: number;
};

/** An optical power meter with a silicon sensor. It is right at the wavelength that it was told. */
export class BenchMeter implements Readable, Triggerable, Exposing, WavelengthSelective, Parameterised {
  readonly id: string;
  readonly exposureLimits = [0.001, 10] as const;
  readonly #clock: Clock;
  readonly #light: () => Light;
  readonly #options: BenchMeterOptions;
  #exposureSeconds = 0.1;
  #wavelengthNm = 800;
  #measurements = 0;
  #triggered: Readings | undefined;

  constructor(id: string, clock: Clock, light: () => Light, options: BenchMeterOptions) {
    this.id = id;
    this.#clock = clock;
    this.#light = light;
    this.#options = options;
  }

  async describe(): Promise<Quantities> {
    return {
      [this.id]: {
        dtype: "float64",
        unit: "mW",
        precision: 3,
        limits: [0, 3000],
        source: "sim meter: sensor",
      },
    };
  }

  /** The measurement that was triggered; without one, a new one. */
  async read(signal: AbortSignal): Promise<Readings> {
    const readings = this.#triggered ?? (await this.#measure(signal));
    this.#triggered = undefined;
    return readings;
  }

  async trigger(signal: AbortSignal): Promise<void> {
    this.#triggered = undefined;
    this.#triggered = await this.#measure(signal);
  }

  async #measure(signal: AbortSignal): Promise<Readings> {
    const seconds = this.#exposureSeconds / this.#options.speed;
    if (seconds > 0) await this.#clock.sleep(seconds * 1000, signal);
    signal.throwIfAborted();
    const index = this.#measurements++;
    const { powerMw, wavelengthNm } = this.#light();
    const { missEvery, seed, noiseMw = 0.03 } = this.#options;
    const missed = missEvery !== undefined && (index + 1) % missEvery === 0;
    const noise = noiseMw * normalAt(seed, index, 5) * Math.sqrt(0.1 / this.#exposureSeconds);
    const value = missed
      ? null
      : (powerMw * siliconResponsivity(wavelengthNm)) / siliconResponsivity(this.#wavelengthNm) + noise;
    return { [this.id]: { value, timestampNs: this.#clock.nowNs() } };
  }

  async setExposure(seconds: number): Promise<void> {
    const [shortest, longest] = this.exposureLimits;
    if (!(seconds >= shortest && seconds <= longest))
      throw new DaqError("device", `${this.id} cannot measure for ${seconds} s.`, {
        hint: `Choose from ${shortest} to ${longest} s.`,
      });
    this.#exposureSeconds = seconds;
  }

  async setWavelength(nanometres: number): Promise<void> {
    if (!(nanometres >= 350 && nanometres <= 1100))
      throw new DaqError("device", `${this.id} cannot measure at ${nanometres} nm.`, {
        hint: "Its sensor sees 350 to 1100 nm.",
      });
    this.#wavelengthNm = nanometres;
  }

  async describeParameters(): Promise<Quantities> {
    return {
      exposure: { dtype: "float64", unit: "s", limits: this.exposureLimits, source: "sim meter: setting" },
      wavelength: { dtype: "float64", unit: "nm", limits: [350, 1100], source: "sim meter: setting" },
    };
  }

  async readParameters(): Promise<Readings> {
    const timestampNs = this.#clock.nowNs();
    return {
      exposure: { value: this.#exposureSeconds, timestampNs },
      wavelength: { value: this.#wavelengthNm, timestampNs },
    };
  }
}
