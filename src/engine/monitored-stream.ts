import type { Monitorable } from "../devices/capabilities.ts";
import { DaqError } from "../model/errors.ts";
import type { Readings } from "../model/reading.ts";

/** Changes that may wait for the subscribers of an engine. */
const mostWaiting = 10_000;

/** The stream that the changes of a device come in. */
export function monitorStreamOf({ id }: Monitorable): string {
  return `${id}_monitor`;
}

/** Brings the changes that a device tells into events, one after the other, whatever the plan does meanwhile. */
export class MonitoredStream {
  readonly #device: Monitorable;
  readonly #record: (readings: Readings) => Promise<void>;
  readonly #onFailure: (error: Error) => void;
  #waiting: Readings[] = [];
  #recording: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #over = false;

  constructor(
    device: Monitorable,
    record: (readings: Readings) => Promise<void>,
    onFailure: (error: Error) => void,
  ) {
    this.#device = device;
    this.#record = record;
    this.#onFailure = onFailure;
  }

  begin(): void {
    const unsubscribe = this.#device.subscribe({
      changed: (readings) => this.#changed(readings),
      failed: (cause) =>
        this.#fail(
          new DaqError("device", `${this.#device.id} told no more changes: ${cause.message}`, {
            hint: `Check ${this.#device.id} and its connection.`,
            cause,
          }),
        ),
    });
    // It may have failed while it was being subscribed to.
    if (this.#over) unsubscribe();
    else this.#unsubscribe = unsubscribe;
  }

  #changed(readings: Readings): void {
    if (this.#over) return;
    if (this.#waiting.length >= mostWaiting) {
      this.#fail(
        new DaqError("device", `${this.#device.id} changes faster than the run can be written.`, {
          hint: `${mostWaiting} of its changes waited. Let it tell fewer, or record it as a stream of its own.`,
        }),
      );
      return;
    }
    this.#waiting.push(readings);
    this.#recording ??= this.#recordAll();
  }

  async #recordAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const readings of waiting) await this.#record(readings);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#recording = undefined;
    }
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#leave();
    this.#onFailure(error);
  }

  #leave(): void {
    this.#over = true;
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = undefined;
    try {
      unsubscribe?.();
    } catch (error) {
      this.#onFailure(error as Error);
    }
  }

  /** No change is heard from now on. Resolves when those that were heard are events. */
  async end(): Promise<void> {
    this.#leave();
    await this.#recording;
  }
}
