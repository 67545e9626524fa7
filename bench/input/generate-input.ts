import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { normalAt, normalTable } from "../../src/devices/sim/noise.ts";

/** The columns of samples.raw. */
export const sampleColumns = ["timestamp", "AI0", "AI1", "AI2", "AI3"] as const;

const samplesPerSecond = 100_000;
const adcStepVolts = 20 / 65_536;
const amplitudeVolts = 5;
const noiseVolts = 0.01;
const firstChannelHz = 50;
const seed = 1;

/** Four channels of a 16-bit converter with their time, column after column: rows × 5 values. */
export function makeSamples(rows: number): Float64Array {
  const values = new Float64Array(rows * sampleColumns.length);
  for (let row = 0; row < rows; row++) values[row] = row / samplesPerSecond;
  for (let channel = 0; channel < sampleColumns.length - 1; channel++) {
    const angular = 2 * Math.PI * (firstChannelHz + channel);
    const from = rows * (channel + 1);
    for (let row = 0; row < rows; row++) {
      const volts =
        Math.sin(angular * values[row]!) * amplitudeVolts + normalAt(seed, row, channel) * noiseVolts;
      values[from + row] = Math.round(volts / adcStepVolts) * adcStepVolts;
    }
  }
  return values;
}

export type FramesToMake = {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly floor: number;
  readonly peak: number;
  readonly sigmaPixels: number;
  /** Standard deviation of a pixel's noise, from its signal. */
  readonly noise: (signal: number) => number;
  readonly max: number;
};

export const frames8: FramesToMake = {
  count: 60,
  height: 480,
  width: 640,
  floor: 8,
  peak: 180,
  sigmaPixels: 40,
  noise: () => 0.7,
  max: 255,
};

export const frames16: FramesToMake = {
  count: 6,
  height: 2048,
  width: 2048,
  floor: 100,
  peak: 2000,
  sigmaPixels: 150,
  noise: (signal) => 0.3 * Math.sqrt(signal),
  max: 4095,
};

const noiseTableLength = 2 ** 18;

/** A laser spot that drifts over a dark floor with sensor noise, frame after frame, into `pixels`. */
export function fillFrames(pixels: Uint8Array | Uint16Array, frames: FramesToMake): void {
  const { count, height, width, floor, peak, sigmaPixels, noise, max } = frames;
  const normal = normalTable(seed, noiseTableLength, width);
  const profile = new Float64Array(width);
  const falloff = -1 / (2 * sigmaPixels * sigmaPixels);
  for (let frame = 0; frame < count; frame++) {
    const centreX = width / 2 + (width / 32) * Math.sin(frame / 30);
    const centreY = height / 2 + (height / 32) * Math.cos(frame / 40);
    for (let x = 0; x < width; x++) profile[x] = Math.exp((x - centreX) ** 2 * falloff);
    for (let y = 0; y < height; y++) {
      const row = peak * Math.exp((y - centreY) ** 2 * falloff);
      const at = (frame * height + y) * width;
      // A large odd stride: rows take their noise from places that are not related.
      const noiseAt = ((frame * height + y) * 0x9e3779b1) & (noiseTableLength - 1);
      for (let x = 0; x < width; x++) {
        const signal = floor + row * profile[x]!;
        pixels[at + x] = Math.min(Math.max(signal + normal[noiseAt + x]! * noise(signal), 0), max);
      }
    }
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const generatedRows = 1_000_000;

/** Writes samples.raw, frames8.raw and frames16.raw: the shapes of the large input, less of it, always the same bytes. */
export async function generateInput(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "samples.raw"), bytesOf(makeSamples(generatedRows)));
  const small = new Uint8Array(frames8.count * frames8.height * frames8.width);
  fillFrames(small, frames8);
  await writeFile(join(folder, "frames8.raw"), small);
  const large = new Uint16Array(frames16.count * frames16.height * frames16.width);
  fillFrames(large, frames16);
  await writeFile(join(folder, "frames16.raw"), bytesOf(large));
}
