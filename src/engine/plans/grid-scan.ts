import type { Movable, Readable } from "../../devices/capabilities.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";
import { inRun } from "./in-run.ts";
import { placesBetween } from "./places-between.ts";
import { point } from "./point.ts";

export type GridAxis = {
  readonly axis: Movable;
  readonly start: number;
  readonly stop: number;
  readonly num: number;
  /** Goes to and fro: each line begins where the one before ended. Not for the slowest axis. */
  readonly snake?: boolean;
};

type Line = { readonly axis: Movable; readonly places: readonly number[]; readonly snake: boolean };

/** All combinations, the last axis fastest. One place in each list of axes: memory does not grow with the grid. */
function* indices(lines: readonly Line[]): Generator<readonly number[]> {
  const total = lines.reduce((product, { places }) => product * places.length, 1);
  for (let number = 0; number < total; number++) {
    const place = new Array<number>(lines.length);
    let rest = number;
    for (let axis = lines.length - 1; axis >= 0; axis--) {
      const { places, snake } = lines[axis]!;
      const index = rest % places.length;
      rest = Math.floor(rest / places.length);
      // `rest` counts the lines before this one: every second one goes back.
      place[axis] = snake && rest % 2 === 1 ? places.length - 1 - index : index;
    }
    yield place;
  }
}

/** Moves axes through all combinations of their places, the last one fastest, and reads detectors at each. */
export function* gridScan(
  detectors: readonly Readable[],
  ...axes: readonly [GridAxis, ...GridAxis[]]
): Plan<string> {
  if (axes[0].snake === true)
    throw new DaqError("usage", `gridScan: ${axes[0].axis.id} is the slowest axis and cannot snake.`, {
      hint: "It goes through its places once; let a later axis snake.",
    });
  const lines = axes.map(({ axis, start, stop, num, snake = false }) => ({
    axis,
    places: placesBetween("gridScan", start, stop, num),
    snake,
  }));
  const shape = lines.map(({ places }) => places.length);
  const ids = detectors.map(({ id }) => id);
  const plan = {
    plan_name: "grid_scan",
    plan_args: {
      detectors: ids,
      axes: axes.map(({ axis, snake = false, start, stop, num }) => ({
        axis: axis.id,
        start,
        stop,
        num,
        snake,
      })),
    },
    num_points: shape.reduce((product, extent) => product * extent, 1),
    shape,
    extents: axes.map(({ start, stop }) => [start, stop]),
    snaking: axes.map(({ snake = false }) => snake),
    detectors: ids,
    motors: axes.map(({ axis }) => axis.id),
    hints: { gridding: "rectilinear", dimensions: axes.map(({ axis }) => [[axis.id], "primary"]) },
  };
  return yield* inRun(
    plan,
    [...axes.map(({ axis }) => axis), ...detectors],
    (function* (): Plan {
      const last = new Map<Movable, number>();
      for (const place of indices(lines)) {
        const places = lines.map(({ axis, places: all }, index) => [axis, all[place[index]!]!] as const);
        // Slow axes stay for a whole line; after a pause the engine itself brings them back.
        const moves = places.filter(([axis, target]) => last.get(axis) !== target);
        for (const [axis, target] of moves) last.set(axis, target);
        yield* point(
          detectors,
          moves,
          lines.map(({ axis }) => axis),
        );
      }
    })(),
  );
}
