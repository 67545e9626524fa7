import { count, identifier, type TypeOf } from "./kind.ts";
import { record, required } from "./record-kind.ts";

const range = record("an object with start and stop", {
  start: required(count, "The first."),
  stop: required(count, "The one after the last."),
});

/** Records of a stream resource, and the events that they belong to. */
export const streamDatum = record(
  "a stream datum",
  {
    uid: required(identifier, "This document."),
    stream_resource: required(identifier, "`uid` of the stream resource."),
    descriptor: required(identifier, "`uid` of the descriptor."),
    indices: required(range, "Places in the resource, from 0; a record that was lost has none."),
    seq_nums: required(range, "Events in the stream, from 1."),
  },
  "any",
);

export type StreamDatum = TypeOf<typeof streamDatum>;
