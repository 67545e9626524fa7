import { read } from "node:fs";
import { promisify } from "node:util";
import { DaqError } from "../../model/errors.ts";
import { ComediCommand, packChannel, type Reference } from "./comedi-command.ts";
import { type BoardHandle, type ComediLibrary, fixedList, rangeAt } from "./comedi-library.ts";

const readBytes = promisify(read);

const analogueInput = 1;
const flags = { commandRead: 0x8000, running: 0x0800_0000, wideSamples: 0x1000_0000 } as const;
const volts = 0;

export type AcquisitionOptions = {
  /** The device, for messages. */
  readonly id: string;
  readonly path: string;
  /** Absent: the first analogue input of the board. */
  readonly subdevice?: number;
  readonly channels: readonly number[];
  readonly reference: Reference;
  readonly minVolts: number;
  readonly maxVolts: number;
  readonly bits: number;
  readonly sampleRateHz: number;
};

/** A board that is acquiring. */
export interface Acquisition {
  /** "pci-6221 (ni_pcimio)", for people. */
  readonly board: string;
  /** What the board made of the rate that was asked for. */
  readonly scanPeriodNs: number;
  /** Bytes that came since, at most those of `into`; 0 when there are none at the moment. Throws when the board stopped. */
  read(into: Uint8Array): Promise<number>;
  /** Stops and lets go of the board. */
  close(): void;
}

/** Throws `DaqError("device")` for a board that is absent or cannot do what is asked of it. */
export function startAcquisition(library: ComediLibrary, options: AcquisitionOptions): Acquisition {
  const { id, path } = options;
  const board = library.comedi_open(path);
  if (board === null) throw notOpened(library, id, path);
  try {
    return new BoardAcquisition(library, board, options);
  } catch (error) {
    library.comedi_close(board);
    throw error;
  }
}

function notOpened(library: ComediLibrary, id: string, path: string): DaqError {
  const errno = library.comedi_errno();
  const reason = library.comedi_strerror(errno);
  const hints: { readonly [errno: number]: string } = {
    2: "Is the board's driver loaded (`lsmod | grep comedi`)? /dev/comedi0 appears with it; some boards need comedi_config.",
    6: "The device exists, but no board is attached to it: configure one with comedi_config.",
    13: "Add yourself to the group of the device, on most systems with: sudo usermod -aG iocard $USER, then log in again.",
  };
  return new DaqError("device", `Device "${id}": ${path} cannot be opened: ${reason}.`, {
    hint: hints[errno] ?? "Check the board and its driver; comedi_board_info shows what there is.",
  });
}

class BoardAcquisition implements Acquisition {
  readonly board: string;
  readonly scanPeriodNs: number;
  readonly #library: ComediLibrary;
  readonly #handle: BoardHandle;
  readonly #options: AcquisitionOptions;
  readonly #subdevice: number;
  readonly #channelList: ReturnType<typeof fixedList>;

  constructor(library: ComediLibrary, handle: BoardHandle, options: AcquisitionOptions) {
    this.#library = library;
    this.#handle = handle;
    this.#options = options;
    this.board = `${library.comedi_get_board_name(handle)} (${library.comedi_get_driver_name(handle)})`;
    this.#subdevice = this.#findSubdevice();
    const { channels, reference, sampleRateHz } = options;
    const packed = channels.map((channel) => packChannel(channel, this.#rangeOf(channel), reference));
    this.#channelList = fixedList(packed);
    try {
      // As much room as the system allows: the longer this process may be held up.
      const largest = library.comedi_get_max_buffer_size(handle, this.#subdevice);
      if (largest > 0) library.comedi_set_buffer_size(handle, this.#subdevice, largest);
      this.scanPeriodNs = this.#start(Math.round(1e9 / sampleRateHz));
    } catch (error) {
      this.#channelList.free();
      throw error;
    }
  }

  #findSubdevice(): number {
    const library = this.#library;
    const { subdevice, bits } = this.#options;
    const found = subdevice ?? library.comedi_find_subdevice_by_type(this.#handle, analogueInput, 0);
    if (found < 0) throw this.#failure("has no analogue input", "Choose a board that has one.");
    if (library.comedi_get_subdevice_type(this.#handle, found) !== analogueInput)
      throw this.#failure(
        `has no analogue input as subdevice ${found}`,
        "Leave subdevice out, or correct it.",
      );
    const state = library.comedi_get_subdevice_flags(this.#handle, found);
    if ((state & flags.commandRead) === 0)
      throw this.#failure(
        "cannot sample by itself: its driver has no commands",
        "It cannot be recorded with comedi.",
      );
    if (((state & flags.wideSamples) !== 0) !== bits > 16)
      throw this.#failure(
        `has ${bits > 16 ? "at most 16" : "more than 16"} bits, and the configuration says ${bits}`,
        "Correct bits; comedi_board_info shows them.",
      );
    return found;
  }

  /** The number of the configured range at a channel, which must exist exactly: it is the scale in the files. */
  #rangeOf(channel: number): number {
    const library = this.#library;
    const { minVolts, maxVolts, bits } = this.#options;
    const count = library.comedi_get_n_channels(this.#handle, this.#subdevice);
    if (channel >= count) throw this.#failure(`has no channel ${channel}`, `Choose from 0 to ${count - 1}.`);
    const largest = library.comedi_get_maxdata(this.#handle, this.#subdevice, channel);
    if (largest !== 2 ** bits - 1)
      throw this.#failure(
        `gives 0 to ${largest} at channel ${channel}, and the configuration says ${bits} bits`,
        `Set bits = ${Math.round(Math.log2(largest + 1))}.`,
      );
    const ranges = library.comedi_get_n_ranges(this.#handle, this.#subdevice, channel);
    const known: string[] = [];
    for (let index = 0; index < ranges; index++) {
      const address = library.comedi_get_range(this.#handle, this.#subdevice, channel, index);
      if (address === null) continue;
      const { min, max, unit } = rangeAt(address);
      if (unit !== volts) continue;
      if (isNear(min, minVolts) && isNear(max, maxVolts)) return index;
      known.push(`${min} to ${max} V`);
    }
    throw this.#failure(
      `has no range of ${minVolts} to ${maxVolts} V at channel ${channel}`,
      `Set min_volts and max_volts to one of: ${known.join(", ") || "none in volts"}.`,
    );
  }

  #start(periodNs: number): number {
    const library = this.#library;
    const { channels, sampleRateHz } = this.#options;
    const command = new ComediCommand();
    const count = channels.length;
    const prepared = library.comedi_get_cmd_generic_timed(
      this.#handle,
      this.#subdevice,
      command.bytes,
      count,
      periodNs,
    );
    if (prepared < 0) throw this.#failure(`cannot sample at ${sampleRateHz} Hz: ${this.#reason()}`);
    command.setChannels(this.#channelList.address, count);
    command.setEndless();
    // Each test corrects what the board cannot do, one kind of thing after the other; 0 says that all is well.
    let tested = -1;
    for (let time = 0; time < 6 && tested !== 0; time++)
      tested = library.comedi_command_test(this.#handle, command.bytes);
    const actualNs = command.scanPeriodNs;
    if (tested !== 0 || actualNs === undefined || actualNs === 0)
      throw this.#failure(
        `cannot sample ${count} channels at ${sampleRateHz} Hz until it is stopped (test ${tested})`,
        "Try a lower rate or fewer channels.",
      );
    if (library.comedi_command(this.#handle, command.bytes) < 0)
      throw this.#failure(`did not start: ${this.#reason()}`);
    return actualNs;
  }

  async read(into: Uint8Array): Promise<number> {
    const library = this.#library;
    // Looked at first: what is there when it has stopped is the last there is.
    const state = library.comedi_get_subdevice_flags(this.#handle, this.#subdevice);
    const waiting = library.comedi_get_buffer_contents(this.#handle, this.#subdevice);
    if (waiting > 0) {
      const length = Math.min(waiting, into.byteLength);
      const { bytesRead } = await readBytes(library.comedi_fileno(this.#handle), into, 0, length, null).catch(
        (cause: unknown) => {
          throw this.#stopped(cause);
        },
      );
      if (bytesRead > 0) return bytesRead;
    }
    if (waiting < 0 || (state & flags.running) === 0) throw this.#stopped();
    return 0;
  }

  close(): void {
    this.#library.comedi_cancel(this.#handle, this.#subdevice);
    this.#library.comedi_close(this.#handle);
    this.#channelList.free();
  }

  #stopped(cause?: unknown): DaqError {
    return this.#failure(
      "stopped by itself: most likely samples came faster than they were taken",
      "Lower sample_rate_hz, or raise the largest buffer in /sys/class/comedi/comedi0/max_read_buffer_kb.",
      cause,
    );
  }

  #reason(): string {
    return this.#library.comedi_strerror(this.#library.comedi_errno());
  }

  #failure(problem: string, hint = "Check the board and its driver.", cause?: unknown): DaqError {
    const { id, path } = this.#options;
    return new DaqError("device", `Device "${id}": ${this.board} at ${path} ${problem}.`, {
      hint,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** Ranges come from millionths of a volt in the driver. */
function isNear(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= 1e-6;
}
