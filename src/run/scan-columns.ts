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

  /** How many scans these are. Throws `DaqError("device")` for half a scan, or values that this writer does not store. */
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
    return scans.length / channels;
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

function isCounts(scans: Scans): scans is Uint16Array | Uint32Array {
  return scans instanceof Uint16Array || scans instanceof Uint32Array;
}
