import type { ChangeObserver, Monitorable, Readable } from "../devices/capabilities.ts";
import type { Quantities, Readings, ReadingValue } from "../model/reading.ts";

/** A quantity that has the value that a test gives it; it waits to be asked. */
export class StandInGauge implements Readable {
  readonly id: string;
  /** A function is called for each reading; it may throw, or never answer. */
  value: ReadingValue | (() => ReadingValue | Promise<ReadingValue>) = 0;
  reads = 0;

  constructor(id: string) {
    this.id = id;
  }

  async describe(): Promise<Quantities> {
    return { [this.id]: { dtype: "float64", unit: "mA", source: "stand-in" } };
  }

  async read(): Promise<Readings> {
    this.reads++;
    const value = typeof this.value === "function" ? await this.value() : this.value;
    return { [this.id]: { value, timestampNs: BigInt(Date.now()) * 1_000_000n } };
  }
}

/** The same, telling its changes. */
export class StandInMonitoredGauge extends StandInGauge implements Monitorable {
  readonly observers = new Set<ChangeObserver>();

  subscribe(observer: ChangeObserver): () => void {
    this.observers.add(observer);
    if (typeof this.value !== "function") observer.changed(this.#readings(this.value));
    return () => this.observers.delete(observer);
  }

  change(value: ReadingValue): void {
    this.value = value;
    for (const { changed } of this.observers) changed(this.#readings(value));
  }

  #readings(value: ReadingValue): Readings {
    return { [this.id]: { value, timestampNs: BigInt(Date.now()) * 1_000_000n } };
  }
}
