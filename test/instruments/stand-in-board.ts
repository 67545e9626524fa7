import { appendFileSync, closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import type { ComediLibrary } from "../../src/devices/comedi/comedi-library.ts";

export type BoardTraits = {
  readonly bits: number;
  readonly channels: number;
  readonly ranges: readonly (readonly [min: number, max: number, unit: number])[];
  /** The periods that its timer can make are multiples of this. */
  readonly timerNs: number;
  readonly analogueInput: boolean;
  readonly hasCommands: boolean;
};

const ordinary: BoardTraits = {
  bits: 16,
  channels: 8,
  ranges: [
    [-10, 10, 0],
    [-5, 5, 0],
    [0, 20, 1],
  ],
  timerNs: 50,
  analogueInput: true,
  hasCommands: true,
};

/** A board with the functions of libcomedi, whose buffer is a file that a test fills. */
export class StandInBoard {
  readonly #traits: BoardTraits;
  readonly #folder = mkdtempSync(join(tmpdir(), "daq-board-"));
  readonly #buffer = join(this.#folder, "samples");
  readonly #fd: number;
  /** The command that it was started with. */
  command: DataView | undefined;
  /** The channel list, as it stood in memory at the start. */
  channelList: readonly number[] = [];
  running = false;
  open = false;

  constructor(traits: Partial<BoardTraits> = {}) {
    this.#traits = { ...ordinary, ...traits };
    appendFileSync(this.#buffer, "");
    this.#fd = openSync(this.#buffer, "r");
  }

  /** Puts samples into the buffer, or parts of them. */
  sample(bytes: Uint8Array): void {
    appendFileSync(this.#buffer, bytes);
  }

  remove(): void {
    closeSync(this.#fd);
    rmSync(this.#folder, { recursive: true });
  }

  #taken(): number {
    const [, position] = /^pos:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${this.#fd}`, "utf8")) ?? [];
    return Number(position);
  }

  get library(): ComediLibrary {
    const { bits, channels, ranges, timerNs, analogueInput, hasCommands } = this.#traits;
    let tests = 0;
    return {
      comedi_open: () => {
        this.open = true;
        return 1n;
      },
      comedi_close: () => {
        this.open = false;
        return 0;
      },
      comedi_errno: () => 22,
      comedi_strerror: () => "Invalid argument",
      comedi_fileno: () => this.#fd,
      comedi_get_board_name: () => "stand-in",
      comedi_get_driver_name: () => "none",
      comedi_find_subdevice_by_type: () => (analogueInput ? 0 : -1),
      comedi_get_subdevice_type: (_board, subdevice) => (subdevice === 0 ? 1 : 5),
      comedi_get_subdevice_flags: () =>
        (hasCommands ? 0x8000 : 0) | (this.running ? 0x0800_0000 : 0) | (bits > 16 ? 0x1000_0000 : 0),
      comedi_get_n_channels: () => channels,
      comedi_get_maxdata: () => 2 ** bits - 1,
      comedi_get_n_ranges: () => ranges.length,
      comedi_get_range: (_board, _subdevice, _channel, range) => {
        const address = koffi.alloc("uint8", 24) as unknown as bigint;
        const view = new DataView(koffi.view(address, 24) as ArrayBuffer);
        const [min, max, unit] = ranges[range]!;
        view.setFloat64(0, min, true);
        view.setFloat64(8, max, true);
        view.setUint32(16, unit, true);
        return address;
      },
      comedi_get_max_buffer_size: () => 65_536,
      comedi_set_buffer_size: (_board, _subdevice, bytes) => bytes,
      comedi_get_buffer_contents: () => fstatSync(this.#fd).size - this.#taken(),
      comedi_get_cmd_generic_timed: (_board, _subdevice, command, count, periodNs) => {
        const view = new DataView(command.buffer, command.byteOffset, command.byteLength);
        view.setUint32(16, 0x10, true);
        view.setUint32(20, periodNs, true);
        view.setUint32(36, count, true);
        view.setUint32(40, 0x20, true);
        view.setUint32(44, 2, true);
        return 0;
      },
      comedi_command_test: (_board, command) => {
        const view = new DataView(command.buffer, command.byteOffset, command.byteLength);
        view.setUint32(20, Math.round(view.getUint32(20, true) / timerNs) * timerNs, true);
        return tests++ === 0 ? 4 : 0;
      },
      comedi_command: (_board, command) => {
        this.command = new DataView(command.slice().buffer);
        const list = koffi.view(this.command.getBigUint64(48, true), 4 * this.command.getUint32(56, true));
        this.channelList = [...new Uint32Array(list as ArrayBuffer)];
        this.running = true;
        return 0;
      },
      comedi_cancel: () => {
        this.running = false;
        return 0;
      },
    };
  }
}
