import type { Quantities, Readings } from "../../model/reading.ts";
import type { Guarded, Readable, Shutter, Stageable } from "../capabilities.ts";
import type { Clock } from "../contract.ts";

/** A shutter that takes a moment. Staged it is open, unstaged and safe it is closed. */
export class BenchShutter implements Readable, Shutter, Stageable, Guarded {
  readonly id: string;
  readonly #clock: Clock;
  readonly #seconds: number;
  #open = false;

  constructor(id: string, clock: Clock, { speed }: { speed: number }) {
    this.id = id;
    this.#clock = clock;
    this.#seconds = 0.01 / speed;
  }

  get open(): boolean {
    return this.#open;
  }

  async describe(): Promise<Quantities> {
    return { [`${this.id}_open`]: { dtype: "boolean", unit: null, source: "sim shutter: end switch" } };
  }

  async read(): Promise<Readings> {
    return { [`${this.id}_open`]: { value: this.#open, timestampNs: this.#clock.nowNs() } };
  }

  async setOpen(open: boolean, signal: AbortSignal): Promise<void> {
    // It closes at once and opens slowly: in between it counts as closed.
    if (!open) this.#open = false;
    if (open !== this.#open && this.#seconds > 0) await this.#clock.sleep(this.#seconds * 1000, signal);
    signal.throwIfAborted();
    this.#open = open;
  }

  stage(signal: AbortSignal): Promise<void> {
    return this.setOpen(true, signal);
  }

  unstage(signal: AbortSignal): Promise<void> {
    return this.setOpen(false, signal);
  }

  makeSafe(signal: AbortSignal): Promise<void> {
    return this.setOpen(false, signal);
  }
}
