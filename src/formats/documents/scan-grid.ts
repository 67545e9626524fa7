import type { Event } from "../../documents/event.ts";
import { nanosecondsOf } from "../../documents/seconds-of.ts";
import type { Batch } from "../../model/batch.ts";
import { isNumberDType, typedView } from "../../model/dtype.ts";
import type { Grid, GridQuantity } from "../../model/grid.ts";
import type { RunInfo } from "../../model/run.ts";
import type { Column } from "../../model/stream-schema.ts";
import { axesOf, type ScanAxis } from "./scan-axes.ts";

/** Values that are kept for it; a larger scan has its rows only. */
const mostValues = 8_000_000;

type Value = number | bigint | null;
type Values = Value[];

/** The start document of a run, as it is or as a file has it. */
export type ScanStart = NonNullable<RunInfo["start"]>;

/** The texts that a quantity can be; its value is the number among them, as in the rows. */
export type ScanChoices = {
  readonly [quantity: string]: { readonly choices?: readonly string[] | undefined };
};

/**
 * The events of a scan, or the rows that were made of them, at their places in a grid of its axes, as its start document
 * describes it. An event that is measured again takes the place of the first one; a point that was never taken has no value.
 */
export class ScanGrid {
  readonly #axes: readonly ScanAxis[];
  readonly #points: number;
  readonly #frames: readonly string[];
  readonly #choices: ScanChoices;
  readonly #quantities: readonly { readonly column: Column; readonly values: Values }[];
  readonly #times: Values;
  /** Of each axis, where they were read. */
  readonly #setPoints: readonly (number | null)[][];

  /**
   * Undefined for a run that is no scan, and for one that is too large. `columns`: those of `primary`. `frames`: ids of the
   * cameras. `choices`: the data keys of the events that `add` is given.
   */
  static of(
    start: ScanStart,
    columns: readonly Column[],
    frames: readonly string[],
    choices: ScanChoices = {},
  ): ScanGrid | undefined {
    const axes = axesOf(start);
    if (axes === undefined) return undefined;
    const points = axes.reduce((product, { num }) => product * num, 1);
    if (!(points > 0 && points * (columns.length + 2) <= mostValues)) return undefined;
    return new ScanGrid(axes, points, columns, frames, choices);
  }

  private constructor(
    axes: readonly ScanAxis[],
    points: number,
    columns: readonly Column[],
    frames: readonly string[],
    choices: ScanChoices,
  ) {
    this.#axes = axes;
    this.#points = points;
    this.#frames = frames;
    this.#choices = choices;
    const isValue = ({ name }: Column) => name !== "seq_num" && !name.endsWith("_time_ns");
    this.#quantities = columns
      .filter((column) => isNumber(column) && isValue(column))
      .map((column) => ({ column, values: this.#empty() }));
    this.#times = this.#empty();
    this.#setPoints = axes.map(({ num }) => new Array<number | null>(num).fill(null));
  }

  #empty(): Values {
    return new Array<Value>(this.#points).fill(null);
  }

  add({ seq_num: number, data, time }: Event): void {
    const exact = data.time_ns;
    const timeNs = typeof exact === "bigint" ? exact : nanosecondsOf(time);
    this.#put(number, timeNs, (name) => plain(data[name], this.#choices[name]?.choices));
  }

  /** Rows of `primary`, as an `EventTable` makes them of events. */
  addRows(batch: Batch): void {
    const valueIn = valuesOf(batch);
    for (let row = 0; row < batch.count; row++) {
      const number = valueIn("seq_num", row);
      if (number !== null) this.#put(Number(number), batch.timestampsNs[row]!, (name) => valueIn(name, row));
    }
  }

  #put(number: number, timeNs: bigint, valueFor: (quantity: string) => Value): void {
    const indices = this.#indicesOf(number - 1);
    if (indices === undefined) return;
    const at = indices.reduce((place, index, axis) => place * this.#axes[axis]!.num + index, 0);
    for (const { column, values } of this.#quantities) values[at] = valueFor(column.name);
    this.#times[at] = timeNs;
    for (const [axis, { name, extent }] of this.#axes.entries()) {
      const setPoint = valueFor(`${name}_setpoint`) ?? (extent === undefined ? valueFor(name) : null);
      if (setPoint !== null) this.#setPoints[axis]![indices[axis]!] = Number(setPoint);
    }
  }

  /** Where an event of a plan goes that takes the last axis fastest, to and fro where that snakes. */
  #indicesOf(event: number): readonly number[] | undefined {
    if (!(event >= 0 && event < this.#points)) return undefined;
    const indices = new Array<number>(this.#axes.length);
    let rest = event;
    for (let axis = indices.length - 1; axis >= 0; axis--) {
      const { num, snake } = this.#axes[axis]!;
      const index = rest % num;
      rest = Math.floor(rest / num);
      indices[axis] = snake && rest % 2 === 1 ? num - 1 - index : index;
    }
    return indices;
  }

  grid(): Grid {
    const unitOf = (name: string) =>
      this.#quantities.find(({ column }) => column.name === `${name}_setpoint` || column.name === name)
        ?.column.unit;
    const numbersOf = (camera: string) =>
      this.#quantities.find(({ column }) => column.name === `${camera}_frame`)?.values;
    return {
      axes: this.#axes.map((axis, index) => {
        const unit = unitOf(axis.name);
        return {
          name: axis.name,
          ...(unit === undefined ? {} : { unit }),
          places: this.#placesOf(axis, index),
        };
      }),
      quantities: [
        ...this.#quantities.map(({ column, values }): GridQuantity => {
          const { name, dtype, unit, description } = column;
          return {
            name,
            dtype: isNumberDType(dtype) ? dtype : "uint8",
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

  /** Set points as they were read; of what was never taken, as an even spacing has them, where the others are so spaced. */
  #placesOf({ extent, num }: ScanAxis, axis: number): readonly number[] {
    const read = this.#setPoints[axis]!;
    if (extent === undefined) return read.map((place) => place ?? Number.NaN);
    const [start, stop] = extent;
    const even = read.map((_, index) =>
      num === 1 ? start : (start * (num - 1 - index) + stop * index) / (num - 1),
    );
    const most = 1e-6 * Math.abs(stop - start);
    const isEven = read.every((place, index) => place === null || Math.abs(place - even[index]!) <= most);
    return read.map((place, index) => place ?? (isEven ? even[index]! : Number.NaN));
  }
}

/** An array of a scan has one number for each point: of a switch, 0 or 1. */
function isNumber({ dtype, shape }: Column): boolean {
  return shape.length === 0 && dtype !== "string";
}

function plain(value: unknown, choices: readonly string[] | undefined): Value {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return Number(value);
  const choice = typeof value === "string" ? (choices?.indexOf(value) ?? -1) : -1;
  return choice < 0 ? null : choice;
}

/** `null` where a value is missing, or is in no column of numbers. */
function valuesOf({ stream, columns }: Batch): (name: string, row: number) => Value {
  const values = new Map(
    stream.columns.flatMap((column, index) => {
      if (!isNumber(column)) return [];
      const { bytes, validity } = columns[index]!;
      return [
        [
          column.name,
          { view: typedView(isNumberDType(column.dtype) ? column.dtype : "uint8", bytes), validity },
        ] as const,
      ];
    }),
  );
  return (name, row) => {
    const column = values.get(name);
    return column === undefined || column.validity?.[row] === 0 ? null : column.view[row]!;
  };
}
