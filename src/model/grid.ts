import type { NumberDType } from "./dtype.ts";

/** One axis of a scan: its set points, in the order of the axis. */
export type GridAxis = { readonly name: string; readonly unit?: string; readonly places: readonly number[] };

/** What was read at the points of a scan, the slowest axis first. `null`: a point that was never taken, or no value. */
export type GridQuantity = {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly unit?: string;
  readonly description?: string;
  readonly values: readonly (number | bigint | null)[];
};

/** The frames of a scan: for each point the number of its frame in their stream. */
export type GridFrames = { readonly stream: string; readonly numbers: readonly (number | null)[] };

/** A scan as arrays of its axes, beside the rows in the order in which they were measured. */
export type Grid = {
  /** The slowest first. */
  readonly axes: readonly GridAxis[];
  readonly quantities: readonly GridQuantity[];
  readonly frames: readonly GridFrames[];
};

export function gridShape({ axes }: Grid): readonly number[] {
  return axes.map(({ places }) => places.length);
}

/**
 * Names for the values: an axis keeps its own, which is that of its set points, and what was read back of it is
 * `NAME_readback`; what has a name twice gets a number.
 */
export function gridNames({ axes, quantities, frames }: Grid): {
  readonly quantities: readonly string[];
  readonly frames: readonly string[];
} {
  const taken = new Set(axes.map(({ name }) => name));
  const free = (wanted: string, instead: string): string => {
    let name = taken.has(wanted) ? instead : wanted;
    for (let count = 2; taken.has(name); count++) name = `${instead}_${count}`;
    taken.add(name);
    return name;
  };
  return {
    quantities: quantities.map(({ name }) => free(name, `${name}_readback`)),
    frames: frames.map(({ stream }) => free(stream, `${stream}_frames`)),
  };
}
