import { event } from "./event.ts";
import { anything, identifier, listOf, mapOf, oneOf, type TypeOf, text } from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

/** A file with values of events, before `stream_resource`. */
export const resource = record(
  "a resource",
  {
    uid: required(identifier, "This document; datums refer to it."),
    spec: optional(text, "The format."),
    root: optional(text, "The part of the place that is this machine's."),
    resource_path: optional(text, "The rest of the place."),
    resource_kwargs: optional(mapOf(anything), "What else a reader has to know."),
    path_semantics: optional(oneOf(["posix", "windows"]), "How a place is put together."),
    run_start: optional(text, "`uid` of the run start."),
  },
  "any",
);

/** One value in a resource; the event has the `datum_id` in its place. */
export const datum = record("a datum", {
  datum_id: required(identifier, "What stands in the event."),
  resource: required(identifier, "`uid` of the resource."),
  datum_kwargs: required(mapOf(anything), "Which of its values."),
});

export const datumPage = record("a datum page", {
  datum_id: required(listOf(identifier), "One for each datum."),
  resource: required(identifier, "`uid` of the resource."),
  datum_kwargs: required(mapOf(listOf(anything)), "Which of its values, in columns."),
});

export const bulkDatum = record("many datums", {
  datum_ids: required(listOf(identifier), "One for each datum."),
  resource: required(identifier, "`uid` of the resource."),
  datum_kwarg_list: required(listOf(mapOf(anything)), "Which of its values, one for each datum."),
});

/** Lists of events by descriptor or stream, before `event_page`. */
export const bulkEvents = mapOf(listOf(event));

export type Resource = TypeOf<typeof resource>;
export type Datum = TypeOf<typeof datum>;
export type DatumPage = TypeOf<typeof datumPage>;
export type BulkDatum = TypeOf<typeof bulkDatum>;
export type BulkEvents = TypeOf<typeof bulkEvents>;
