import type { FileContext } from "./file-context.ts";

/**
 * Places of one length that the file does not use any more. One is given out again only when
 *
 * - two checkpoints have passed: a program that goes on after a crash may go back by one, and finds everything as it
 *   was there; and
 * - it has rested for a while: a reader that opened the file before still follows the old index.
 */
export class RetiredPlaces {
  readonly #context: FileContext;
  #places: { readonly address: number; readonly generation: number; readonly atMs: number }[] = [];

  constructor(context: FileContext) {
    this.#context = context;
  }

  retire(address: number): void {
    const { generation } = this.#context;
    this.#places.push({ address, generation, atMs: this.#context.now() });
  }

  /** The place that has rested longest, when it has rested enough. */
  take(): number | undefined {
    const [oldest] = this.#places;
    if (oldest === undefined || oldest.generation + 2 > this.#context.generation) return undefined;
    if (oldest.atMs + this.#context.placeRestMs > this.#context.now()) return undefined;
    this.#places.shift();
    return oldest.address;
  }
}
