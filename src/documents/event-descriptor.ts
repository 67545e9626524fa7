import { dataKey } from "./data-key.ts";
import {
  anything,
  identifier,
  listOf,
  mapOf,
  matching,
  nanoseconds,
  seconds,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

const configuration = record(
  "the configuration of a device",
  {
    data: optional(mapOf(anything), "Settings, by name."),
    timestamps: optional(mapOf(anything), "When each was read, in s since 1970 UTC."),
    data_keys: optional(mapOf(dataKey), "What each of them is."),
  },
  "any",
);

const objectHints = record(
  "an object of hints",
  {
    fields: optional(listOf(text), "Quantities to look at first."),
    NX_class: optional(matching(/^NX[A-Za-z_]+$/, 'a NeXus class such as "NXlaser"'), "What it is to NeXus."),
  },
  "any",
);

/** Opens an event stream: what its events hold, from which devices, set how. */
export const eventDescriptor = record(
  "an event descriptor",
  {
    uid: required(identifier, "This document; events refer to it."),
    run_start: required(identifier, "`uid` of the run start."),
    time: required(seconds, "When the stream was opened."),
    time_ns: optional(nanoseconds, "Ours: the same, exact."),
    name: optional(text, "The stream's name: `primary`, `baseline`."),
    data_keys: required(mapOf(dataKey), "What the events hold."),
    object_keys: optional(mapOf(anything), "The quantities of each device."),
    configuration: optional(
      mapOf(configuration),
      "The settings of each device, read when the stream was opened.",
    ),
    hints: optional(mapOf(objectHints), "What to look at first, for each device."),
    object_classes: optional(mapOf(text), "The class of each device."),
  },
  "metadata",
);

export type EventDescriptor = TypeOf<typeof eventDescriptor>;
