/**
 * A comedi_cmd, as the kernel has it (linux/comedi.h) on machines with addresses of 64 bits:
 *
 * ```
 *  byte  0 subdev          16 scan_begin_src   32 scan_end_src   48 chanlist (address)   64 data (address)
 *        4 flags           20 scan_begin_arg   36 scan_end_arg   56 chanlist_len         72 data_len
 *        8 start_src       24 convert_src      40 stop_src       60 padding              76 padding
 *       12 start_arg       28 convert_arg      44 stop_arg                               80 end
 * ```
 */
export class ComediCommand {
  readonly bytes = new Uint8Array(80);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);

  setChannels(list: bigint, count: number): void {
    this.#view.setBigUint64(48, list, true);
    this.#view.setUint32(56, count, true);
  }

  /** It runs until it is cancelled. */
  setEndless(): void {
    this.#view.setUint32(40, trigger.none, true);
    this.#view.setUint32(44, 0, true);
  }

  /** From one scan of all channels to the next; undefined when no timer of the board decides it. */
  get scanPeriodNs(): number | undefined {
    const uint32 = (offset: number) => this.#view.getUint32(offset, true);
    if (uint32(16) === trigger.timer) return uint32(20);
    // The next scan follows at once: the time between two channels decides.
    if (uint32(16) === trigger.follow && uint32(24) === trigger.timer) return uint32(28) * uint32(36);
    return undefined;
  }
}

const trigger = { none: 0x01, follow: 0x04, timer: 0x10 } as const;

export type Reference = "ground" | "common" | "differential" | "other";

const references: { readonly [Name in Reference]: number } = {
  ground: 0,
  common: 1,
  differential: 2,
  other: 3,
};

/** CR_PACK of linux/comedi.h: reference in bits 24 and 25, range in 16 to 23, channel below. */
export function packChannel(channel: number, range: number, reference: Reference): number {
  return (references[reference] << 24) | ((range & 0xff) << 16) | (channel & 0xffff);
}
