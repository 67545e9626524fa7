/** How long a process has said nothing, looked at again and again. */
export class RecorderSilence {
  readonly #now: () => number;
  #silentMs = 0;
  #lookedAtMs: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lookedAtMs = now();
  }

  /** A sign of life. */
  heard(): void {
    this.#silentMs = 0;
  }

  /**
   * The time without a sign of life. A look counts for `mostMs` at most: when this process itself was stopped (Ctrl-Z, a
   * laptop that slept), the messages of that time are read only after the look.
   */
  look(mostMs: number): number {
    const now = this.#now();
    this.#silentMs += Math.min(now - this.#lookedAtMs, mostMs);
    this.#lookedAtMs = now;
    return this.#silentMs;
  }
}
