/** What a script may use up; `Infinity` for no limit. */
export type Limits = {
  /** Statements, turns of loops, calls and copied items. */
  readonly operations: number;
  readonly callDepth: number;
  /** UTF-16 units. */
  readonly stringLength: number;
  /** Items of an array, all arrays inside of it counted; bytes of a blob. What works on a whole array cannot be suspended. */
  readonly arrayLength: number;
  readonly mapSize: number;
  readonly modules: number;
  /** From the start of the run to its end, what it waits for included. */
  readonly wallSeconds: number;
  /** By how much the memory of the process may grow while the script runs. */
  readonly memoryBytes: number;
};

export const defaultLimits: Limits = {
  operations: Number.POSITIVE_INFINITY,
  callDepth: 64,
  stringLength: 16 * 1024 * 1024,
  arrayLength: 2_000_000,
  mapSize: 1_000_000,
  modules: 100,
  wallSeconds: Number.POSITIVE_INFINITY,
  memoryBytes: 512 * 1024 * 1024,
};
