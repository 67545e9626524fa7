import type { DType, TypedArray } from "./dtype.ts";

/** What a device gave for one quantity. `null`: it answered that it has no value; nothing is ever put in its place. */
export type ReadingValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | TypedArray
  | readonly (number | bigint | string | boolean | null)[];

export type Reading = {
  readonly value: ReadingValue;
  /** When the value was taken, UTC nanoseconds. */
  readonly timestampNs: bigint;
};

/** By the name of the quantity. */
export type Readings = { readonly [name: string]: Reading };

/** What stands behind a quantity of a device: all that a reader of its values has to know. */
export type Quantity = {
  readonly dtype: DType | "boolean";
  /** Of a `string`: room for one text, in bytes of UTF-8. Absent: 1024. */
  readonly maxBytes?: number;
  /** Absent: a single value. */
  readonly shape?: readonly number[];
  /** A name for each dimension of `shape`. */
  readonly dims?: readonly string[];
  /** In the spelling of UDUNITS/NeXus; `null` for a pure number or a text. */
  readonly unit: string | null;
  /** Digits after the point that mean something. */
  readonly precision?: number;
  /** Smallest and largest value that can be set or measured, in `unit`. */
  readonly limits?: readonly [low: number, high: number];
  /** What gives the value: "sim.laser wavelength". */
  readonly source: string;
  readonly choices?: readonly string[];
};

export type Quantities = { readonly [name: string]: Quantity };
