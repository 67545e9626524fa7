import { ScriptError } from "../errors/script-error.ts";
import type { Limits } from "./limits.ts";

/** Between two looks at the clock: at 10 million operations a second, about a tenth of a millisecond. */
const stride = 1000;
/** How long a script keeps the event loop to itself. */
const turnMs = 5;

/** Objects, and the bytes of buffers, which lie outside of the heap. A ring that is mapped meanwhile does not count. */
function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Counts what a script does, stops it at its limits, and says when it is the turn of others. */
export class Meter {
  readonly limits: Limits;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  readonly #memoryAtStart = memoryInUse();
  #turnEndsAt = this.#startedAt + turnMs;
  /** Asking for the size of the memory takes microseconds: once in the time of a turn is enough. */
  #memoryKnownAt = this.#startedAt;
  operations = 0;
  /** Whoever counts calls `check` when `operations` reaches this. */
  checkAt = 0;

  constructor(limits: Limits, signal: AbortSignal) {
    this.limits = limits;
    this.#signal = signal;
    this.#planCheck();
  }

  #planCheck(): void {
    this.checkAt = Math.min(this.operations + stride, this.limits.operations + 1);
  }

  /** Counts the work of a native function on `count` items. */
  count(count: number): void {
    this.operations += count;
    if (this.operations >= this.checkAt) this.check();
  }

  /** True when the script should let others run. */
  check(): boolean {
    if (this.operations > this.limits.operations) {
      throw new ScriptError(
        "ErrorTooManyOperations",
        `Too many operations: the limit is ${this.limits.operations}`,
      );
    }
    this.#planCheck();
    if (this.#signal.aborted) throw this.terminated();
    const now = performance.now();
    if (now - this.#memoryKnownAt >= turnMs) this.#checkMemory(now);
    if (now < this.#turnEndsAt) return false;
    if (now - this.#startedAt > this.limits.wallSeconds * 1000) throw this.terminated();
    // Much of a script cannot be suspended; it is asked again at once, until the part around it can be.
    this.checkAt = this.operations + 1;
    return true;
  }

  #checkMemory(now: number): void {
    this.#memoryKnownAt = now;
    if (memoryInUse() - this.#memoryAtStart <= this.limits.memoryBytes) return;
    throw new ScriptError(
      "ErrorDataTooLarge",
      `Memory too large: the limit is ${this.limits.memoryBytes} bytes`,
    );
  }

  /** The others have had their turn. */
  beginTurn(): void {
    const now = performance.now();
    this.#turnEndsAt = now + turnMs;
    this.#planCheck();
    // A script that waits often has short turns, and would never come to a check.
    if (now - this.#memoryKnownAt >= turnMs) this.checkAt = this.operations + 1;
  }

  terminated(): ScriptError {
    const overTime = performance.now() - this.#startedAt > this.limits.wallSeconds * 1000;
    return new ScriptError(
      "ErrorTerminated",
      overTime
        ? `Script terminated: it ran for longer than ${this.limits.wallSeconds} s`
        : "Script terminated",
    );
  }
}
