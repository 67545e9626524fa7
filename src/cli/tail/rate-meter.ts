/** Long enough to be steady, short enough to show a change. */
const windowMs = 3000;

/** Records per second over the last few seconds. */
export class RateMeter {
  #points: { readonly atMs: number; readonly count: number }[] = [];

  add(count: number, atMs = performance.now()): void {
    this.#points.push({ atMs, count });
    // One point older than the window stays, so that slow sampling has something to compare with.
    while (this.#points.length > 2 && this.#points[1]!.atMs < atMs - windowMs) this.#points.shift();
  }

  /** Undefined until there is something to compare. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1) return undefined;
    return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
  }
}
