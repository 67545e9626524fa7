/** Lets one at a time work on each key, in the order of asking. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn, with what ends it (idempotent). */
  async take(key: string): Promise<() => void> {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    await before;
    return () => {
      if (this.#tails.get(key) === promise) this.#tails.delete(key);
      resolve();
    };
  }
}
