import {
  anything,
  boolean,
  count,
  eitherOf,
  finiteNumber,
  identifier,
  listOf,
  mapOf,
  seconds,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

/** Several rows of one event stream, in columns. */
export const eventPage = record("an event page", {
  uid: required(listOf(identifier), "One for each event."),
  descriptor: required(identifier, "`uid` of the descriptor."),
  seq_num: required(listOf(count), "The rows' numbers."),
  time: required(listOf(seconds), "When each event was put together."),
  data: required(mapOf(listOf(anything)), "A column for each data key."),
  timestamps: required(mapOf(listOf(finiteNumber)), "When each value was taken, in s since 1970 UTC."),
  filled: optional(mapOf(listOf(eitherOf(boolean, text))), "As in an event."),
});

export type EventPage = TypeOf<typeof eventPage>;
