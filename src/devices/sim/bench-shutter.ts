import type { Quantities, Readings } from "../../model/reading.ts";
import type { ChangeObserver, Guarded, Monitorable, Shutter, Stageable } from "../capabilities.ts";
import type { Clock } from "../contract.ts";

/** A shutter that takes a moment, and tells when it has opened or closed. Staged it is open, unstaged and safe it is closed. */
export class BenchShutter implements Monitorable, Shutter, Stageable, Guarded {
  readonly id: string;
  readonly #clock: Clock;
  readonly #seconds: number;
  readonly #observers = new Set<ChangeObserver>();
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
    return this.#readings();
  }

  #readings(): Readings {
    return { [`${this.id}_open`]: { value: this.#open, timestampNs: this.#clock.nowNs() } };
  }

  subscribe(observer: ChangeObserver): () => void {
    this.#observers.add(observer);
    observer.changed(this.#readings());
    return () => this.#observers.delete(observer);
  }

  #take(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    for (const { changed } of this.#observers) changed(this.#readings());
  }

  async setOpen(open: boolean, signal: AbortSignal): Promise<void> {
    // It closes at once and opens slowly: in between it counts as closed.
    if (!open) this.#take(false);
    if (open !== this.#open && this.#seconds > 0) await this.#clock.sleep(this.#seconds * 1000, signal);
    signal.throwIfAborted();
    this.#take(open);
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
