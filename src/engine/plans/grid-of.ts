import type { Movable, Readable } from "../../devices/capabilities.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";
import { checkReach } from "./check-reach.ts";
import { inRun } from "./in-run.ts";
import { point } from "./point.ts";

/** One axis of a grid, with its places. */
export type Line = { readonly axis: Movable; readonly places: readonly number[]; readonly snake: boolean };

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

/** Refuses a slowest axis that snakes. */
export function checkSnakes(
  plan: string,
  axes: readonly { readonly axis: Movable; readonly snake?: boolean }[],
): void {
  if (axes[0]!.snake === true)
    throw new DaqError("usage", `${plan}: ${axes[0]!.axis.id} is the slowest axis and cannot snake.`, {
      hint: "It goes through its places once; let a later axis snake.",
    });
}

/** The run of all grids: all combinations of the places, the last axis fastest. */
export function* gridOf(
  plan: Partial<RunStart>,
  detectors: readonly Readable[],
  lines: readonly Line[],
): Plan<string> {
  checkReach(lines);
  const shape = lines.map(({ places }) => places.length);
  const ids = detectors.map(({ id }) => id);
  const axes = lines.map(({ axis }) => axis);
  const devices = [...axes, ...detectors];
  const described = {
    ...plan,
    num_points: shape.reduce((product, extent) => product * extent, 1),
    shape,
    extents: lines.map(({ places }) => extentOf(places)),
    snaking: lines.map(({ snake }) => snake),
    detectors: ids,
    motors: axes.map(({ id }) => id),
    hints: { gridding: "rectilinear", dimensions: axes.map(({ id }) => [[id], "primary"]) },
  };
  return yield* inRun(
    described,
    devices,
    (function* (): Plan {
      const last = new Map<Movable, number>();
      for (const place of indices(lines)) {
        const places = lines.map(({ axis, places: all }, index) => [axis, all[place[index]!]!] as const);
        // Slow axes stay for a whole line; after a pause the engine itself brings them back.
        const moves = places.filter(([axis, target]) => last.get(axis) !== target);
        for (const [axis, target] of moves) last.set(axis, target);
        yield* point(detectors, moves, axes);
      }
    })(),
    devices,
  );
}

/** The ends, in the direction in which they are first gone through. */
function extentOf(places: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return places[0]! > places.at(-1)! ? [high, low] : [low, high];
}
