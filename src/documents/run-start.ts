import {
  anything,
  count,
  eitherOf,
  identifier,
  listOf,
  mapOf,
  nanoseconds,
  seconds,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

/** The first document of a run: who, why and with what plan, as far as it is known before anything is measured. */
export const runStart = record(
  "a run start",
  {
    uid: required(identifier, "The run, for ever."),
    time: required(seconds, "When the run started."),
    time_ns: optional(nanoseconds, "Ours: the same, exact."),
    scan_id: optional(count, "A number for people; not unique."),
    plan_name: optional(text, "The plan that was carried out."),
    plan_args: optional(mapOf(anything), "What the plan was called with."),
    num_points: optional(count, "Events that the plan means to take."),
    detectors: optional(listOf(text), "Devices that are read at each point."),
    motors: optional(listOf(text), "Devices that are moved, slowest first."),
    shape: optional(listOf(count), "Points along each axis of a grid, slowest first."),
    hints: optional(
      record(
        "an object of hints",
        {
          dimensions: optional(listOf(listOf(anything)), "The axes, slow to fast: fields, then the stream."),
        },
        "any",
      ),
      "How to look at the run first.",
    ),
    sample: optional(eitherOf(text, mapOf(anything)), "The sample, or where it is described."),
    project: optional(text, "The project that the run is part of."),
    owner: optional(text, "Whose the data are."),
    group: optional(text, "The group whose the data are."),
    data_session: optional(text, "Groups the runs of a visit."),
    data_groups: optional(listOf(text), "Who has access."),
    projections: optional(listOf(anything), "How to see the run as something else."),
  },
  "metadata",
);

export type RunStart = TypeOf<typeof runStart> & { readonly [key: string]: unknown };
