import { mixBits, normalTable } from "./noise.ts";

/** Raw values of a 16-bit converter. */
export const maxRaw = 65535;

export type SineSignalOptions = {
  readonly sampleRateHz: number;
  readonly frequencyHz: number;
  readonly amplitudeVolts: number;
  readonly noiseVolts: number;
  readonly minVolts: number;
  readonly maxVolts: number;
  readonly seed: number;
};

const sineLength = 4096;
/** One noise run, and one start phase, for this many samples. */
const blockLength = 1024;
const noiseLength = 2 ** 16;

/** Linear interpolation between 4096 points is off by at most 3·10⁻⁷, a fiftieth of a 16-bit step. */
const sine = Float64Array.from({ length: sineLength + 1 }, (_, index) =>
  Math.sin((2 * Math.PI * index) / sineLength),
);

/** Sines with noise, as a 16-bit converter sees them. A sample is a function of its channel and number alone. */
export class SineSignal {
  #options: SineSignalOptions;
  #normal: Float32Array;

  constructor(options: SineSignalOptions) {
    this.#options = options;
    this.#normal = normalTable(options.seed, noiseLength, blockLength);
  }

  /** Each channel is a hundredth faster than the one before it. */
  frequencyHz(channel: number): number {
    return this.#options.frequencyHz * (1 + channel / 100);
  }

  /** Samples `first` to `first + count` of a channel as raw values. */
  fill(raw: Uint16Array, channel: number, first: number, count: number): void {
    const { sampleRateHz, amplitudeVolts, noiseVolts, minVolts, maxVolts, seed } = this.#options;
    const perVolt = maxRaw / (maxVolts - minVolts);
    const centre = maxRaw / 2 + 0.5;
    const amplitude = amplitudeVolts * perVolt;
    const noise = noiseVolts * perVolt;
    const normal = this.#normal;
    const cycles = this.frequencyHz(channel) / sampleRateHz;
    for (let done = 0; done < count; ) {
      const block = Math.floor((first + done) / blockLength);
      const start = first + done - block * blockLength;
      const end = Math.min(blockLength, start + count - done);
      const noiseStart = mixBits(seed, block, 16 + channel) & (noiseLength - 1);
      const startPhase = (block * blockLength * cycles) % 1;
      for (let within = start; within < end; within++) {
        const turns = startPhase + within * cycles;
        const position = (turns - Math.floor(turns)) * sineLength;
        const point = position | 0;
        const low = sine[point]!;
        const value =
          centre +
          amplitude * (low + (sine[point + 1]! - low) * (position - point)) +
          noise * normal[noiseStart + within]!;
        raw[done++] = value < 0 ? 0 : Math.min(value, maxRaw);
      }
    }
  }
}
