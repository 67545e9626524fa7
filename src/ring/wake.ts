import { sleepOnWord, sleepOnWordAsync, wakeAll } from "./posix.ts";
import type { RingMemory } from "./ring-memory.ts";

/**
 * One side sleeps until the other has done something. The sleeper announces itself, looks once more, and sleeps on the
 * counter that it read before; the waker makes its change visible, and counts only when somebody announced itself.
 * Either the sleeper sees the change in its second look, or the waker sees the announcement: both cannot miss,
 * because both use sequentially consistent operations. A sleeper that dies leaves at most one needless wake-up.
 */
export class Wake {
  readonly #memory: RingMemory;
  readonly #wakeOffset: number;
  readonly #sleepersIndex: number;

  /** The counter is at `wakeOffset`, the announcement in the 32-bit word after it. */
  constructor(memory: RingMemory, wakeOffset: number) {
    this.#memory = memory;
    this.#wakeOffset = wakeOffset;
    this.#sleepersIndex = wakeOffset / 4 + 1;
  }

  get isAwaited(): boolean {
    return Atomics.load(this.#memory.i32, this.#sleepersIndex) !== 0;
  }

  /** Call after the change is visible. Costs one load when nobody sleeps. */
  signal(): void {
    if (Atomics.load(this.#memory.i32, this.#sleepersIndex) === 0) return;
    Atomics.store(this.#memory.i32, this.#sleepersIndex, 0);
    Atomics.add(this.#memory.i32, this.#wakeOffset / 4, 1);
    wakeAll(this.#memory.mapping, this.#wakeOffset);
  }

  /** Blocks this thread until a signal, a time-out, or at once when `isReady` says so. May return early. */
  sleep(isReady: () => boolean, milliseconds: number): void {
    const seen = this.#announce();
    if (!isReady()) sleepOnWord(this.#memory.mapping, this.#wakeOffset, seen, milliseconds);
  }

  /** The same without blocking the event loop. */
  async sleepAsync(isReady: () => boolean, milliseconds: number): Promise<void> {
    const seen = this.#announce();
    if (!isReady()) await sleepOnWordAsync(this.#memory.mapping, this.#wakeOffset, seen, milliseconds);
  }

  #announce(): number {
    const seen = Atomics.load(this.#memory.i32, this.#wakeOffset / 4);
    Atomics.store(this.#memory.i32, this.#sleepersIndex, 1);
    return seen;
  }
}
