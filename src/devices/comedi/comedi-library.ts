import koffi from "koffi";
import { DaqError } from "../../model/errors.ts";

/** An opened board, as libcomedi knows it. */
export type BoardHandle = bigint;

/** What is used of libcomedi (comedilib.h of 0.11), with its names and its order of arguments. */
export interface ComediLibrary {
  comedi_open(path: string): BoardHandle | null;
  comedi_close(board: BoardHandle): number;
  comedi_errno(): number;
  comedi_strerror(errno: number): string;
  comedi_fileno(board: BoardHandle): number;
  comedi_get_board_name(board: BoardHandle): string;
  comedi_get_driver_name(board: BoardHandle): string;
  comedi_find_subdevice_by_type(board: BoardHandle, type: number, from: number): number;
  comedi_get_subdevice_type(board: BoardHandle, subdevice: number): number;
  comedi_get_subdevice_flags(board: BoardHandle, subdevice: number): number;
  comedi_get_n_channels(board: BoardHandle, subdevice: number): number;
  comedi_get_maxdata(board: BoardHandle, subdevice: number, channel: number): number;
  comedi_get_n_ranges(board: BoardHandle, subdevice: number, channel: number): number;
  /** Two doubles, the smallest and the largest value, and the unit as an unsigned integer: 0 is volts. */
  comedi_get_range(board: BoardHandle, subdevice: number, channel: number, range: number): bigint | null;
  comedi_get_max_buffer_size(board: BoardHandle, subdevice: number): number;
  comedi_set_buffer_size(board: BoardHandle, subdevice: number, bytes: number): number;
  comedi_get_buffer_contents(board: BoardHandle, subdevice: number): number;
  comedi_get_cmd_generic_timed(
    board: BoardHandle,
    subdevice: number,
    command: Uint8Array,
    channels: number,
    periodNs: number,
  ): number;
  comedi_command_test(board: BoardHandle, command: Uint8Array): number;
  comedi_command(board: BoardHandle, command: Uint8Array): number;
  comedi_cancel(board: BoardHandle, subdevice: number): number;
}

const prototypes: {
  readonly [Name in keyof ComediLibrary]: readonly [result: string, ...parameters: string[]];
} = {
  comedi_open: ["void *", "str"],
  comedi_close: ["int", "void *"],
  comedi_errno: ["int"],
  comedi_strerror: ["str", "int"],
  comedi_fileno: ["int", "void *"],
  comedi_get_board_name: ["str", "void *"],
  comedi_get_driver_name: ["str", "void *"],
  comedi_find_subdevice_by_type: ["int", "void *", "int", "uint"],
  comedi_get_subdevice_type: ["int", "void *", "uint"],
  comedi_get_subdevice_flags: ["int", "void *", "uint"],
  comedi_get_n_channels: ["int", "void *", "uint"],
  comedi_get_maxdata: ["uint", "void *", "uint", "uint"],
  comedi_get_n_ranges: ["int", "void *", "uint", "uint"],
  comedi_get_range: ["void *", "void *", "uint", "uint", "uint"],
  comedi_get_max_buffer_size: ["int", "void *", "uint"],
  comedi_set_buffer_size: ["int", "void *", "uint", "uint"],
  comedi_get_buffer_contents: ["int", "void *", "uint"],
  comedi_get_cmd_generic_timed: ["int", "void *", "uint", "void *", "uint", "uint"],
  comedi_command_test: ["int", "void *", "void *"],
  comedi_command: ["int", "void *", "void *"],
  comedi_cancel: ["int", "void *", "uint"],
};

let loaded: ComediLibrary | undefined;

/** Throws `DaqError("device")` where libcomedi is not installed. */
export function loadComediLibrary(): ComediLibrary {
  loaded ??= bind("libcomedi.so.0");
  return loaded;
}

function bind(name: string): ComediLibrary {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(name);
  } catch (cause) {
    throw new DaqError(
      "device",
      `The driver comedi needs the system's library ${name}, which cannot be loaded.`,
      {
        hint: "Install it; on Debian and Ubuntu: sudo apt install libcomedi0",
        cause,
      },
    );
  }
  const functions = Object.entries(prototypes).map(([symbol, [result, ...parameters]]) => [
    symbol,
    library.func(symbol, result, parameters),
  ]);
  return Object.fromEntries(functions) as ComediLibrary;
}

/** The two doubles at the beginning of a comedi_range. */
export function rangeAt(address: bigint): {
  readonly min: number;
  readonly max: number;
  readonly unit: number;
} {
  const view = new DataView(koffi.view(address, 24) as ArrayBuffer);
  return { min: view.getFloat64(0, true), max: view.getFloat64(8, true), unit: view.getUint32(16, true) };
}

/** Memory that stays where it is, for a list that a board reads while it runs. */
export function fixedList(values: readonly number[]): {
  readonly address: bigint;
  readonly free: () => void;
} {
  const address = koffi.alloc("uint32", values.length) as unknown as bigint;
  koffi.encode(address, "uint32", values, values.length);
  return { address, free: () => koffi.free(address) };
}
