/** Node's timers end at 2³¹ − 1 ms, some 24.8 days: longer ones fire at once. */
const longestMs = 2 ** 31 - 1;

/** A timer for any time. */
export class LongTimer {
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, onEnd: () => void) {
    this.#wait(milliseconds, onEnd);
  }

  #wait(milliseconds: number, onEnd: () => void): void {
    const part = Math.min(milliseconds, longestMs);
    this.#timer = setTimeout(() => {
      if (part < milliseconds) this.#wait(milliseconds - part, onEnd);
      else onEnd();
    }, part);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
