/** Where frames are in a file that has no place for those that were lost. */
export class FramePositions {
  /** In the order of their numbers. */
  readonly #lost: { readonly first: number; readonly count: number }[] = [];
  #lostCount = 0;
  /** Number of the frame that comes next. */
  next = 0;

  /** Gives numbers to the frames that come; returns the first. */
  take(count: number): number {
    const first = this.next;
    this.next += count;
    return first;
  }

  /** Frames that have their numbers did not come to be. */
  lose(first: number, count: number): void {
    let at = this.#lost.length;
    while (at > 0 && this.#lost[at - 1]!.first > first) at--;
    this.#lost.splice(at, 0, { first, count });
    this.#lostCount += count;
  }

  /** From 0; undefined for a frame that was lost. Those before it have to be known; quick for the last ones. */
  positionOf(frame: number): number | undefined {
    let lostBefore = this.#lostCount;
    for (let at = this.#lost.length - 1; at >= 0; at--) {
      const { first, count } = this.#lost[at]!;
      if (first + count <= frame) break;
      if (first <= frame) return undefined;
      lostBefore -= count;
    }
    return frame - lostBefore;
  }
}
