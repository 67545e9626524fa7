import type { Quantities, Readings } from "../../model/reading.ts";
import type { Readable } from "../capabilities.ts";
import type { Clock } from "../contract.ts";
import { maxRaw, SineSignal, type SineSignalOptions } from "./sine-signal.ts";

/** A converter card that takes one sample of each channel when it is asked: all at the same moment. */
export class BenchAdc implements Readable {
  readonly id: string;
  readonly #clock: Clock;
  readonly #channels: readonly string[];
  readonly #options: SineSignalOptions;
  readonly #signal: SineSignal;
  readonly #sample = new Uint16Array(1);
  #startNs: bigint | undefined;

  constructor(id: string, clock: Clock, channels: readonly string[], options: SineSignalOptions) {
    this.id = id;
    this.#clock = clock;
    this.#channels = channels;
    this.#options = options;
    this.#signal = new SineSignal(options);
  }

  async describe(): Promise<Quantities> {
    const { minVolts, maxVolts } = this.#options;
    return Object.fromEntries(
      this.#channels.map((channel) => [
        `${this.id}_${channel}`,
        {
          dtype: "float64",
          unit: "V",
          precision: 4,
          limits: [minVolts, maxVolts],
          source: `sim.adc channel ${channel}`,
        },
      ]),
    );
  }

  async read(): Promise<Readings> {
    const { minVolts, maxVolts, sampleRateHz } = this.#options;
    const timestampNs = this.#clock.nowNs();
    this.#startNs ??= timestampNs;
    const number = Math.floor((Number(timestampNs - this.#startNs) / 1e9) * sampleRateHz);
    return Object.fromEntries(
      this.#channels.map((channel, index) => {
        this.#signal.fill(this.#sample, index, number, 1);
        const value = minVolts + (this.#sample[0]! / maxRaw) * (maxVolts - minVolts);
        return [`${this.id}_${channel}`, { value, timestampNs }];
      }),
    );
  }
}
