const slabBytes = 1 << 20;

/** Memory that was used and is free again: fresh memory is slower than the disk. */
export class SlabShelf {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(slabBytes);
  }

  giveBack(slabs: readonly Uint8Array[]): void {
    this.#free.push(...slabs);
  }
}

/** Keeps copies of the pages of one row group, one behind the other, in slabs of the shelf. */
export class Slabs {
  readonly #shelf: SlabShelf;
  #slabs: Uint8Array[] = [];
  #filled = slabBytes;

  constructor(shelf: SlabShelf) {
    this.#shelf = shelf;
  }

  /** The copy, in one or more pieces; good until `release`. */
  keep(bytes: Uint8Array): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < bytes.byteLength; ) {
      if (this.#filled === slabBytes) {
        this.#slabs.push(this.#shelf.take());
        this.#filled = 0;
      }
      const count = Math.min(bytes.byteLength - from, slabBytes - this.#filled);
      const piece = this.#slabs.at(-1)!.subarray(this.#filled, this.#filled + count);
      piece.set(bytes.subarray(from, from + count));
      pieces.push(piece);
      this.#filled += count;
      from += count;
    }
    return pieces;
  }

  release(): void {
    this.#shelf.giveBack(this.#slabs);
    this.#slabs = [];
    this.#filled = slabBytes;
  }
}
