import { DaqError } from "../model/errors.ts";
import { type ChannelConfig, type StoredSamples, voltsPerCount } from "./comedi-channels.ts";

/** Samples of all channels, scan after scan: counts of the card, or volts. */
export type Scans = Uint16Array | Uint32Array | Float32Array | Float64Array;

/** Takes interleaved scans apart into one column a channel. */
export class ScanColumns {
  readonly #channels: readonly ChannelConfig[];
  readonly #stored: StoredSamples;
  readonly #maxData: number;

  constructor(channels: readonly ChannelConfig[], stored: StoredSamples, maxData: number) {
    this.#channels = channels;
    this.#stored = stored;
    this.#maxData = maxData;
  }

  /**
   * How many scans these are. Throws `DaqError("device")` for half a scan, for values that this writer does not store,
   * and for values out of a channel's range, which would be stored as if the card had measured them.
   */
  countOf(scans: Scans): number {
    const channels = this.#channels.length;
    if (scans.length % channels !== 0)
      throw new DaqError(
        "device",
        `${scans.length} samples are not a whole number of scans of ${channels} channels.`,
        { hint: "Keep the rest of a read until the next one completes the scan." },
      );
    if (this.#stored === "raw" && !isCounts(scans))
      throw new DaqError("device", "Volts were given, but this writer stores the counts of the card.", {
        hint: 'Give a Uint16Array or Uint32Array of counts, or create the writer with stored: "volts".',
      });
    for (const [channel, config] of this.#channels.entries())
      if (isCounts(scans)) this.#checkCounts(scans, channel, config);
      else this.#checkVolts(scans, channel, config);
    return scans.length / channels;
  }

  #checkCounts(scans: Uint16Array | Uint32Array, channel: number, config: ChannelConfig): void {
    const step = this.#channels.length;
    for (let at = channel; at < scans.length; at += step)
      if (scans[at]! > this.#maxData)
        throw outOfRange(config, at / step, `${scans[at]}`, `0 to ${this.#maxData} counts`);
  }

  /** A card may be off by a count at its ends. Not-a-number is what Comedi gives for an input that is driven too far. */
  #checkVolts(scans: Float32Array | Float64Array, channel: number, config: ChannelConfig): void {
    const step = this.#channels.length;
    const { minVolts, maxVolts } = config;
    const count = voltsPerCount(config, this.#maxData);
    const [least, most] = [minVolts - count, maxVolts + count];
    for (let at = channel; at < scans.length; at += step) {
      const volts = scans[at]!;
      if (volts < least || volts > most)
        throw outOfRange(config, at / step, `${volts} V`, `${minVolts} V to ${maxVolts} V`);
    }
  }

  /** Fills the columns, each of them memory for `count` values of the channel's type. */
  fill(scans: Scans, columns: readonly Uint8Array[]): void {
    for (const [channel, bytes] of columns.entries())
      if (this.#stored === "raw") this.#fillCounts(scans, channel, bytes);
      else this.#fillVolts(scans, channel, bytes);
  }

  #fillCounts(scans: Scans, channel: number, bytes: Uint8Array): void {
    const step = this.#channels.length;
    const { buffer, byteOffset, byteLength } = bytes;
    const target =
      this.#maxData > 0xffff
        ? new Uint32Array(buffer, byteOffset, byteLength / 4)
        : new Uint16Array(buffer, byteOffset, byteLength / 2);
    for (let row = 0, at = channel; row < target.length; row++, at += step) target[row] = scans[at]!;
  }

  #fillVolts(scans: Scans, channel: number, bytes: Uint8Array): void {
    const step = this.#channels.length;
    const target = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
    if (!isCounts(scans)) {
      for (let row = 0, at = channel; row < target.length; row++, at += step) target[row] = scans[at]!;
      return;
    }
    const config = this.#channels[channel]!;
    const scale = voltsPerCount(config, this.#maxData);
    const { minVolts } = config;
    for (let row = 0, at = channel; row < target.length; row++, at += step)
      target[row] = scans[at]! * scale + minVolts;
  }
}

function outOfRange({ index, name }: ChannelConfig, scan: number, value: string, range: string): DaqError {
  return new DaqError(
    "device",
    `Channel ${JSON.stringify(name)} (index ${index}): ${value} in scan ${Math.floor(scan)} of this call is out of its range, ${range}. Nothing of the call was stored.`,
    {
      hint: "Give minVolts and maxVolts of the range that the card is set to, and its maxData; for an input that was driven too far give NaN, or call lose.",
    },
  );
}

function isCounts(scans: Scans): scans is Uint16Array | Uint32Array {
  return scans instanceof Uint16Array || scans instanceof Uint32Array;
}
