/** A part of the memory that is free. */
type Hole = { start: number; bytes: number };

const pageBytes = 4096;

/** Nothing is smaller than a page, so that no two ranges have one address. */
function wholePages(bytes: number): number {
  return Math.max(Math.ceil(bytes / pageBytes), 1) * pageBytes;
}

/**
 * Hands out ranges of whole pages from one range of addresses. Best fit: the smallest hole that is large enough, the
 * lowest of equal ones, so that large holes stay whole and little memory is ever touched; neighbours merge when they
 * are given back. Frames of one size leave no fragments; with many sizes a range may have to wait although enough is free
 * in pieces.
 */
export class AddressSpace {
  readonly bytes: number;
  /** By address. */
  readonly #holes: Hole[];
  #freeBytes: number;

  constructor(start: number, bytes: number) {
    this.bytes = bytes;
    this.#holes = [{ start, bytes }];
    this.#freeBytes = bytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** How many bytes `take(bytes)` hands out. */
  pagesFor(bytes: number): number {
    return wholePages(bytes);
  }

  /** The address of as many whole pages as `bytes` need, or undefined when no hole is large enough. */
  take(bytes: number): number | undefined {
    const wanted = wholePages(bytes);
    let best: Hole | undefined;
    for (const hole of this.#holes)
      if (hole.bytes >= wanted && (best === undefined || hole.bytes < best.bytes)) best = hole;
    if (best === undefined) return undefined;
    const { start } = best;
    best.start += wanted;
    best.bytes -= wanted;
    if (best.bytes === 0) this.#holes.splice(this.#holes.indexOf(best), 1);
    this.#freeBytes -= wanted;
    return start;
  }

  /** Gives back what `take(bytes)` returned. */
  give(start: number, bytes: number): void {
    this.#giveRange(start, wholePages(bytes));
  }

  /** Keeps the pages that `kept` bytes need of what `take(bytes)` returned, and gives back the rest. */
  shrink(start: number, bytes: number, kept: number): void {
    const keptPages = wholePages(kept);
    const rest = wholePages(bytes) - keptPages;
    if (rest > 0) this.#giveRange(start + keptPages, rest);
  }

  #giveRange(start: number, bytes: number): void {
    this.#freeBytes += bytes;
    const index = this.#indexBehind(start);
    const before = this.#holes[index - 1];
    const after = this.#holes[index];
    const joinsBefore = before !== undefined && before.start + before.bytes === start;
    const joinsAfter = after !== undefined && start + bytes === after.start;
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes;
      this.#holes.splice(index, 1);
    } else if (joinsBefore) {
      before.bytes += bytes;
    } else if (joinsAfter) {
      after.start = start;
      after.bytes += bytes;
    } else {
      this.#holes.splice(index, 0, { start, bytes });
    }
  }

  /** Index of the first hole behind the address. */
  #indexBehind(start: number): number {
    let low = 0;
    let high = this.#holes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#holes[middle]!.start > start) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
