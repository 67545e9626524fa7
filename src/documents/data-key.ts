import {
  anything,
  count,
  eitherOf,
  finiteNumber,
  identifier,
  listOf,
  matching,
  nullable,
  oneOf,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

const limitsRange = record("an object with low and high", {
  low: required(nullable(finiteNumber), "Smallest value, in `units`; null: none."),
  high: required(nullable(finiteNumber), "Largest value, in `units`; null: none."),
});

const readDifferentFromSet = record("an object with time_difference and value_difference", {
  time_difference: required(finiteNumber, "Milliseconds until the read-back counts."),
  value_difference: required(finiteNumber, "How far read-back and set point may then be apart."),
});

export const limits = record("an object of limits", {
  control: optional(nullable(limitsRange), "What can be set."),
  display: optional(nullable(limitsRange), "What is worth showing."),
  warning: optional(nullable(limitsRange), "Beyond it somebody should look."),
  alarm: optional(nullable(limitsRange), "Beyond it something is wrong."),
  hysteresis: optional(nullable(finiteNumber), "How far a value has to come back to end a warning."),
  rds: optional(
    nullable(readDifferentFromSet),
    "When a read-back that differs from its set point is a failure.",
  ),
});

/** One quantity of an event stream. */
export const dataKey = record(
  "an object that describes a quantity",
  {
    source: required(text, "What gives the value."),
    dtype: required(
      oneOf(["string", "number", "array", "boolean", "integer"]),
      "The broad type of the value; `array` for whatever has a shape.",
    ),
    shape: required(
      listOf(nullable(count)),
      "Extents, slowest first; [] for a single value; null: not fixed.",
    ),
    dtype_numpy: optional(
      eitherOf(
        matching(/^([|<>][tbiufcmMOSUV][0-9]+|)$/, 'a numpy type such as "<f8"'),
        listOf(listOf(text)),
      ),
      "The exact type of one element, as numpy writes it.",
    ),
    dims: optional(listOf(text), "A name for each dimension of `shape`."),
    units: optional(nullable(text), "Unit of the value; null for a pure number or a text."),
    precision: optional(nullable(count), "Digits after the point that mean something."),
    limits: optional(limits, "What can be set or measured, in `units`."),
    choices: optional(listOf(text), "The texts that it can be."),
    external: optional(
      matching(/^([A-Z]+:?.*|)$/, 'capital letters, then ":"'),
      "`STREAM:`: the values are elsewhere, and stream data say where.",
    ),
    object_name: optional(text, "The device that it belongs to."),
    time_of: optional(
      identifier,
      "Ours: this quantity is the time of that one, in integer nanoseconds; of `event`, that of the event.",
    ),
    enum_strs: optional(anything, "What older records have in place of `choices`."),
  },
  "any",
);

export type DataKey = TypeOf<typeof dataKey>;
