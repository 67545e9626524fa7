/** Memory that several workers share: who asks for more than is left waits until others have given back. */
export class ByteBudget {
  #left: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Resolves, in the order of asking, when the bytes are there; to a function that gives them back. */
  async take(bytes: number): Promise<() => void> {
    if (this.#waiting.length > 0 || this.#left < bytes)
      await new Promise<void>((start) => this.#waiting.push({ bytes, start }));
    else this.#left -= bytes;
    return () => this.#giveBack(bytes);
  }

  #giveBack(bytes: number): void {
    this.#left += bytes;
    while (this.#waiting.length > 0 && this.#left >= this.#waiting[0]!.bytes) {
      const next = this.#waiting.shift()!;
      this.#left -= next.bytes;
      next.start();
    }
  }
}
