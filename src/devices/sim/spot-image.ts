import { mixBits, normalTable } from "./noise.ts";

export type SpotImageOptions = {
  readonly width: number;
  readonly height: number;
  readonly exposureMs: number;
  readonly bitDepth: number;
  readonly rateHz: number;
  readonly seed: number;
};

export type Sensor = {
  readonly maxCounts: number;
  readonly darkOffsetCounts: number;
  readonly electronsPerCount: number;
  readonly readNoiseElectrons: number;
  /** Counts above the dark offset that one millisecond gives at the centre of the spot. */
  readonly peakCountsPerMs: number;
};

/** A scientific CMOS sensor: its full well fills the converter, and 20 ms at the centre of the spot fill the well. */
const fullWellElectrons = 30_000;
const readNoiseElectrons = 2;
const fillMilliseconds = 20;

export function sensorOf(bitDepth: number): Sensor {
  const maxCounts = 2 ** bitDepth - 1;
  return {
    maxCounts,
    darkOffsetCounts: bitDepth === 8 ? 4 : bitDepth === 10 ? 25 : 100,
    electronsPerCount: fullWellElectrons / maxCounts,
    readNoiseElectrons,
    peakCountsPerMs: maxCounts / fillMilliseconds,
  };
}

/** Rows of noise start anywhere in a table of this many numbers. */
const tableLength = 2 ** 18;
/** The spot is drawn where it adds more than this many counts. */
const faintestCounts = 0.05;

type Pixels = Uint8Array | Uint16Array;

/**
 * Draws frame after frame of a laser spot. The dark part of a row is a copy out of a precomputed row of noise, and
 * only the pixels of the spot are computed: a frame is a function of its number, and of nothing else.
 */
export class SpotImage {
  readonly sensor: Sensor;
  #options: SpotImageOptions;
  #normal: Float32Array;
  #dark: Pixels;
  /** The spot's profile along a row, and where the spot is. */
  #profile: Float64Array;

  constructor(options: SpotImageOptions) {
    this.#options = options;
    this.sensor = sensorOf(options.bitDepth);
    const { darkOffsetCounts, electronsPerCount, maxCounts } = this.sensor;
    this.#normal = normalTable(options.seed, tableLength, options.width);
    this.#dark =
      options.bitDepth === 8 ? new Uint8Array(this.#normal.length) : new Uint16Array(this.#normal.length);
    const readNoiseCounts = readNoiseElectrons / electronsPerCount;
    for (let index = 0; index < this.#dark.length; index++) {
      const counts = Math.floor(darkOffsetCounts + this.#normal[index]! * readNoiseCounts + 0.5);
      this.#dark[index] = Math.min(Math.max(counts, 0), maxCounts);
    }
    this.#profile = new Float64Array(options.width);
  }

  /** Standard deviation of the spot's Gaussian profile, in pixels. */
  get spotRadius(): number {
    return Math.max(1, Math.min(this.#options.width, this.#options.height) / 20);
  }

  /** Where the spot is in a frame: it wanders slowly through the middle half and trembles by a fraction of a pixel. */
  spotCentre(frame: number): { x: number; y: number } {
    const { width, height, rateHz, seed } = this.#options;
    const seconds = frame / rateHz;
    const phase = mixBits(seed, 0, 1) / 2 ** 32;
    const tremble = (part: number) => (mixBits(seed, frame, part) / 2 ** 32 - 0.5) * 0.4;
    return {
      x: width / 2 + (width / 5) * Math.sin(2 * Math.PI * (seconds / 47 + phase)) + tremble(2),
      y: height / 2 + (height / 5) * Math.sin(2 * Math.PI * (seconds / 61 + 2 * phase)) + tremble(3),
    };
  }

  /** Fills `pixels` (width × height, row after row) with frame number `frame`; an exposure of 0 leaves it dark. */
  draw(frame: number, pixels: Pixels, exposureMs = this.#options.exposureMs): void {
    const { width, height, seed } = this.#options;
    const centre = this.spotCentre(frame);
    const radius = this.spotRadius;
    const peak = this.sensor.peakCountsPerMs * exposureMs;
    const falloff = -1 / (2 * radius * radius);
    // A spot too faint to be drawn reaches nowhere.
    const reach = peak > faintestCounts ? Math.sqrt(Math.log(peak / faintestCounts) / -falloff) : -1;
    const left = Math.max(0, Math.ceil(centre.x - reach));
    const right = Math.min(width - 1, Math.floor(centre.x + reach));
    for (let x = left; x <= right; x++) this.#profile[x] = Math.exp((x - centre.x) ** 2 * falloff);
    for (let y = 0; y < height; y++) {
      const noiseStart = mixBits(seed, frame * height + y, 5) & (tableLength - 1);
      pixels.set(this.#dark.subarray(noiseStart, noiseStart + width), y * width);
      const distance = y - centre.y;
      if (distance > reach || distance < -reach) continue;
      const half = Math.sqrt(reach * reach - distance * distance);
      const from = Math.max(left, Math.ceil(centre.x - half));
      const to = Math.min(right, Math.floor(centre.x + half));
      this.#drawSpot(pixels, y * width, noiseStart, from, to, peak * Math.exp(distance * distance * falloff));
    }
  }

  /** Shot noise is the square root of the electrons; in counts its variance is signal ⁄ (electrons per count). */
  #drawSpot(pixels: Pixels, row: number, noise: number, from: number, to: number, peak: number): void {
    const { darkOffsetCounts, electronsPerCount, maxCounts } = this.sensor;
    const inverseGain = 1 / electronsPerCount;
    const readVariance = (readNoiseElectrons * inverseGain) ** 2;
    const offset = darkOffsetCounts + 0.5;
    const normal = this.#normal;
    const profile = this.#profile;
    for (let x = from; x <= to; x++) {
      const signal = peak * profile[x]!;
      const value = offset + signal + normal[noise + x]! * Math.sqrt(signal * inverseGain + readVariance);
      pixels[row + x] = value < 0 ? 0 : Math.min(value, maxCounts);
    }
  }
}
