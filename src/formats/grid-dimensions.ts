import { type Grid, gridNames } from "../model/grid.ts";

/**
 * Names for the dimensions of frames among the arrays of a scan: a stage may have axes `y` and `x` as a camera has. A name
 * stands for one length, and for no array that is not its coordinate.
 */
export class FrameDimensions {
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();

  constructor(grid: Grid) {
    const { quantities, frames } = gridNames(grid);
    this.#taken = new Set([...grid.axes.map(({ name }) => name), ...quantities, ...frames]);
  }

  nameOf(stream: string, dimension: string, extent: number): string {
    const key = `${extent} ${dimension}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    let name = this.#taken.has(dimension) ? `${stream}_${dimension}` : dimension;
    for (let count = 2; this.#taken.has(name); count++) name = `${stream}_${dimension}_${count}`;
    this.#taken.add(name);
    this.#names.set(key, name);
    return name;
  }
}
