import type { Event } from "../documents/event.ts";
import type { RunStart } from "../documents/run-start.ts";
import type { Grid, GridQuantity } from "../model/grid.ts";
import type { Column } from "../model/stream-schema.ts";

/** Values that are kept for it; a larger scan has its rows only. */
const mostValues = 8_000_000;

type Axis = {
  readonly name: string;
  /** Absent: the set points are those that are read. */
  readonly extent?: readonly [number, number];
  readonly num: number;
  readonly snake: boolean;
};

type Values = (number | bigint | null)[];

/**
 * The events of a scan at their places in a grid of its axes, as its start document describes it. An event that is measured
 * again takes the place of the first one; a point that was never taken has no value.
 */
export class ScanGrid {
  readonly #axes: readonly Axis[];
  readonly #points: number;
  readonly #frames: readonly string[];
  #quantities: readonly { readonly column: Column; readonly values: Values }[] = [];
  #times: Values = [];
  #setPoints: (number | null)[] = [];

  /** Undefined for a run that is no scan, and for one that is too large. `frames`: ids of the cameras. */
  static of(start: RunStart, columns: readonly Column[], frames: readonly string[]): ScanGrid | undefined {
    const axes = axesOf(start);
    if (axes === undefined) return undefined;
    const points = axes.reduce((product, { num }) => product * num, 1);
    if (!(points > 0 && points * (columns.length + 2) <= mostValues)) return undefined;
    return new ScanGrid(axes, points, columns, frames);
  }

  private constructor(
    axes: readonly Axis[],
    points: number,
    columns: readonly Column[],
    frames: readonly string[],
  ) {
    this.#axes = axes;
    this.#points = points;
    this.#frames = frames;
    const isValue = ({ name, shape }: Column) =>
      shape.length === 0 && name !== "seq_num" && !name.endsWith("_time_ns");
    this.#quantities = columns.filter(isValue).map((column) => ({ column, values: this.#empty() }));
    this.#times = this.#empty();
    this.#setPoints = new Array<number | null>(axes[0]!.num).fill(null);
  }

  #empty(): Values {
    return new Array<number | bigint | null>(this.#points).fill(null);
  }

  add({ seq_num: number, data }: Event): void {
    const at = this.#placeOf(number - 1);
    if (at === undefined) return;
    for (const { column, values } of this.#quantities) values[at] = plain(data[column.name]);
    this.#times[at] = plain(data.time_ns);
    const [axis] = this.#axes;
    if (axis!.extent !== undefined) return;
    const setPoint = data[`${axis!.name}_setpoint`] ?? data[axis!.name];
    this.#setPoints[at] = typeof setPoint === "number" ? setPoint : null;
  }

  /** Where an event of a plan goes that takes the last axis fastest, to and fro where that snakes. */
  #placeOf(event: number): number | undefined {
    if (event >= this.#points) return undefined;
    let at = 0;
    let stride = 1;
    let rest = event;
    for (const { num, snake } of this.#axes.toReversed()) {
      const index = rest % num;
      rest = Math.floor(rest / num);
      at += stride * (snake && rest % 2 === 1 ? num - 1 - index : index);
      stride *= num;
    }
    return at;
  }

  grid(): Grid {
    const unitOf = (name: string) =>
      this.#quantities.find(({ column }) => column.name === `${name}_setpoint` || column.name === name)
        ?.column.unit;
    const numbersOf = (camera: string) =>
      this.#quantities.find(({ column }) => column.name === `${camera}_frame`)?.values;
    return {
      axes: this.#axes.map((axis) => {
        const unit = unitOf(axis.name);
        return { name: axis.name, ...(unit === undefined ? {} : { unit }), places: this.#placesOf(axis) };
      }),
      quantities: [
        ...this.#quantities.map(({ column, values }): GridQuantity => {
          const { name, dtype, unit, description } = column;
          return {
            name,
            dtype,
            ...(unit === undefined ? {} : { unit }),
            ...(description === undefined ? {} : { description }),
            values,
          };
        }),
        {
          name: "time",
          dtype: "int64",
          unit: "nanoseconds since 1970-01-01",
          description: "time of the event, UTC",
          values: this.#times,
        },
      ],
      frames: this.#frames.flatMap((stream) => {
        const numbers = numbersOf(stream);
        return numbers === undefined
          ? []
          : [{ stream, numbers: numbers.map((number) => (number === null ? null : Number(number))) }];
      }),
    };
  }

  #placesOf({ extent, num }: Axis): readonly number[] {
    if (extent === undefined) return this.#setPoints.map((place) => place ?? Number.NaN);
    const [start, stop] = extent;
    if (num === 1) return [start];
    return Array.from({ length: num }, (_, index) => (start * (num - 1 - index) + stop * index) / (num - 1));
  }
}

function plain(value: unknown): number | bigint | null {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return typeof value === "boolean" ? Number(value) : null;
}

/** As the start document of a scan has them: `shape`, `extents` and `snaking` for a grid, `num_points` for a line. */
function axesOf(start: RunStart): readonly Axis[] | undefined {
  const { motors = [], num_points: points } = start;
  const dimensions = (start.hints as { readonly dimensions?: unknown } | undefined)?.dimensions;
  if (!Array.isArray(dimensions) || dimensions.length === 0 || motors.length === 0) return undefined;
  const shape = start.shape ?? (dimensions.length === 1 && points !== undefined ? [points] : undefined);
  if (shape?.length !== dimensions.length) return undefined;
  const extents = start.extents as readonly unknown[] | undefined;
  const snaking = start.snaking as readonly unknown[] | undefined;
  const axes: Axis[] = [];
  for (const [index, dimension] of dimensions.entries()) {
    const name: unknown = dimension?.[0]?.[0];
    if (typeof name !== "string" || !motors.includes(name) || dimension[1] !== "primary") return undefined;
    const extent = extents?.[index];
    const isExtent = Array.isArray(extent) && extent.length === 2 && extent.every(Number.isFinite);
    // Only the places of a line can be taken from what is read.
    if (!isExtent && dimensions.length > 1) return undefined;
    axes.push({
      name,
      num: shape[index]!,
      snake: snaking?.[index] === true,
      ...(isExtent ? { extent: extent as [number, number] } : {}),
    });
  }
  return axes;
}
