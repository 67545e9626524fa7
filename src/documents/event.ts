import {
  anything,
  boolean,
  count,
  eitherOf,
  finiteNumber,
  identifier,
  mapOf,
  seconds,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

/** One row of an event stream. */
export const event = record("an event", {
  uid: required(identifier, "This document."),
  descriptor: required(identifier, "`uid` of the descriptor."),
  seq_num: required(
    count,
    "Number of the row, from 1; a point that was taken again after a pause has its old number.",
  ),
  time: required(seconds, "When the event was put together."),
  data: required(mapOf(anything), "A value for each data key; null: the device has none."),
  timestamps: required(mapOf(finiteNumber), "When each value was taken, in s since 1970 UTC."),
  filled: optional(
    mapOf(eitherOf(boolean, text)),
    "For values that are elsewhere: whether they were put in.",
  ),
});

export type Event = TypeOf<typeof event>;
