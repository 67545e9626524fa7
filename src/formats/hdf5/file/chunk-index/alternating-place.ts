import type { FileSpace } from "../file-space.ts";

/**
 * Two places for a block that changes: its next image is written beside the one that readers know, and the pointer to
 * it changes afterwards. A write that is torn leaves the known one whole.
 */
export class AlternatingPlace {
  readonly #space: FileSpace;
  readonly #bytes: number;
  readonly #places: number[];
  /** Which of the two readers know. */
  #known: 0 | 1 | undefined;
  #next: 0 | 1 = 0;

  /** `known`: where the block lies, and where its next image goes, if it has a place already. */
  constructor(space: FileSpace, bytes: number, known?: readonly number[]) {
    this.#space = space;
    this.#bytes = bytes;
    this.#places = [...(known ?? [])];
    this.#known = known === undefined ? undefined : 0;
  }

  /** Where the next image is to be written; the same until it is known. */
  next(): number {
    this.#next = this.#known === 0 ? 1 : 0;
    this.#places[this.#next] ??= this.#space.allocate(this.#bytes, 8);
    return this.#places[this.#next]!;
  }

  /** The image at `next` is the one that readers know from now on. */
  flip(): void {
    this.#known = this.#next;
  }

  /** The known place, then the other one if there is one. */
  get places(): readonly number[] {
    if (this.#known === undefined) return [];
    const other = this.#places[1 - this.#known];
    return other === undefined ? [this.#places[this.#known]!] : [this.#places[this.#known]!, other];
  }
}
