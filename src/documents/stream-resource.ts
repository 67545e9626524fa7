import { anything, identifier, mapOf, type TypeOf, text } from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

/** Where the values of a data key are that are not in its events: a file, a store. */
export const streamResource = record(
  "a stream resource",
  {
    uid: required(identifier, "This document; stream data refer to it."),
    data_key: required(identifier, "The data key whose values are there."),
    mimetype: required(text, "The format."),
    uri: required(text, "The place."),
    parameters: required(mapOf(anything), "What else a reader has to know: the dataset, the chunk shape."),
    run_start: optional(text, "`uid` of the run start."),
  },
  "any",
);

export type StreamResource = TypeOf<typeof streamResource>;
