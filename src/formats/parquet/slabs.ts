import type { Block, WorkerPool } from "../../bytes/pool/worker-pool.ts";

const slabBytes = 1 << 20;

/**
 * Memory for the pages of row groups. It comes from the pool's, which is used again and again: fresh memory is slower than
 * the disk. Where that is used up, from this process's own, of which the shelf keeps what is free again.
 */
export class SlabShelf {
  readonly pool: WorkerPool;
  readonly #free: Uint8Array[] = [];

  constructor(pool: WorkerPool) {
    this.pool = pool;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(slabBytes);
  }

  giveBack(slabs: readonly Uint8Array[]): void {
    this.#free.push(...slabs);
  }
}

/** Keeps the pages of one row group. */
export class Slabs {
  readonly #shelf: SlabShelf;
  /** Those of one page each, by where their bytes begin. */
  readonly #pages = new Map<number, Block>();
  #blocks: Block[] = [];
  #own: Uint8Array[] = [];
  #slab: Uint8Array | undefined;
  #filled = 0;

  constructor(shelf: SlabShelf) {
    this.#shelf = shelf;
  }

  /** A block for a page that stays where it is made; undefined where there is no room. */
  tryBlock(bytes: number): Block | undefined {
    const block = this.#shelf.pool.tryKeep(bytes);
    if (block !== undefined) this.own(block);
    return block;
  }

  /** Takes the block of a page over, until `release`. */
  own(block: Block): void {
    this.#pages.set(block.bytes.byteOffset, block);
  }

  /** Gives the blocks back that these pieces are the beginning of: large pages, when they are written. */
  releaseWritten(pieces: readonly Uint8Array[]): void {
    for (const { buffer, byteOffset } of pieces) {
      const block = this.#pages.get(byteOffset);
      if (block === undefined || block.bytes.buffer !== buffer) continue;
      this.#pages.delete(byteOffset);
      this.#shelf.pool.give(block);
    }
  }

  /** A copy, in one or more pieces, behind the one before; good until `release`. */
  keep(bytes: Uint8Array): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < bytes.byteLength; ) {
      if (this.#slab === undefined || this.#filled === slabBytes) {
        this.#slab = this.#newSlab();
        this.#filled = 0;
      }
      const count = Math.min(bytes.byteLength - from, slabBytes - this.#filled);
      const piece = this.#slab.subarray(this.#filled, this.#filled + count);
      piece.set(bytes.subarray(from, from + count));
      pieces.push(piece);
      this.#filled += count;
      from += count;
    }
    return pieces;
  }

  #newSlab(): Uint8Array {
    const block = this.#shelf.pool.tryKeep(slabBytes);
    if (block !== undefined) {
      this.#blocks.push(block);
      return block.bytes;
    }
    const slab = this.#shelf.take();
    this.#own.push(slab);
    return slab;
  }

  /** Idempotent. No page is at work any more. */
  release(): void {
    for (const block of [...this.#pages.values(), ...this.#blocks]) this.#shelf.pool.give(block);
    this.#pages.clear();
    this.#shelf.giveBack(this.#own);
    this.#blocks = [];
    this.#own = [];
    this.#slab = undefined;
  }
}
