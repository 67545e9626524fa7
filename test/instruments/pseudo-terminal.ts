import { closeSync, constants, mkdtempSync, readSync, rmSync, symlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { systemCode } from "../../src/model/errors.ts";
import type { SimulatedInstrument } from "./simulated-instrument.ts";

const libc = koffi.load("libc.so.6");
const openTerminal = libc.func("posix_openpt", "int", ["int"]) as (flags: number) => number;
const grant = libc.func("grantpt", "int", ["int"]) as (fd: number) => number;
const unlock = libc.func("unlockpt", "int", ["int"]) as (fd: number) => number;
const nameOf = libc.func("ptsname", "str", ["int"]) as (fd: number) => string;

/** An instrument on a serial port: a pseudo-terminal whose other side is opened as /dev/ttyUSB0 would be. */
export class PseudoTerminal {
  readonly #folder = mkdtempSync(join(tmpdir(), "daq-port-"));
  /** The port, which stays the same when the cable is pulled and plugged in again. */
  readonly path = join(this.#folder, "ttyUSB0");
  readonly #instrument: SimulatedInstrument;
  #fd: number | undefined;
  #take: (text: string) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(instrument: SimulatedInstrument) {
    this.#instrument = instrument;
    this.plugIn();
  }

  plugIn(): void {
    const fd = openTerminal(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    if (fd < 0 || grant(fd) !== 0 || unlock(fd) !== 0)
      throw new Error(`No pseudo-terminal (errno ${koffi.errno()}).`);
    this.#fd = fd;
    rmSync(this.path, { force: true });
    symlinkSync(nameOf(fd), this.path);
    this.#take = this.#instrument.connect({
      send: (text) => {
        if (this.#fd === fd) writeSync(fd, text);
      },
      hangUp: () => this.pull(),
    });
    this.#timer = setInterval(() => this.#read(fd), 1);
  }

  #read(fd: number): void {
    const bytes = Buffer.alloc(4096);
    let length = 0;
    try {
      length = readSync(fd, bytes);
    } catch (error) {
      // Nothing there, or nobody has the other side open.
      if (systemCode(error) !== "EAGAIN" && systemCode(error) !== "EIO") throw error;
    }
    if (length > 0) this.#take(bytes.toString("utf8", 0, length));
  }

  pull(): void {
    if (this.#fd === undefined) return;
    clearInterval(this.#timer);
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  remove(): void {
    this.pull();
    rmSync(this.#folder, { recursive: true });
  }
}
