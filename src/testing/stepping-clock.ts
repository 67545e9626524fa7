import { setImmediate } from "node:timers/promises";
import type { Clock } from "../devices/contract.ts";

/** A clock that moves only when somebody sleeps, or when the test says so: hours pass in milliseconds. */
export class SteppingClock implements Clock {
  #nowNs: bigint;
  /** Every duration that was slept, in milliseconds. */
  readonly slept: number[] = [];

  constructor(startNs = 1_700_000_000_000_000_000n) {
    this.#nowNs = startNs;
  }

  nowNs(): bigint {
    return this.#nowNs;
  }

  advance(milliseconds: number): void {
    this.#nowNs += BigInt(Math.round(milliseconds * 1e6));
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await setImmediate();
    if (signal.aborted) return;
    this.slept.push(milliseconds);
    this.advance(milliseconds);
  }
}
