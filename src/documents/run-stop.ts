import { lossReasons } from "../model/ledger.ts";
import {
  boolean,
  count,
  identifier,
  listOf,
  mapOf,
  nanoseconds,
  oneOf,
  seconds,
  type TypeOf,
  text,
} from "./kind.ts";
import { optional, record, required } from "./record-kind.ts";

const lostRange = record("a lost range", {
  first: required(count, "Sequence number of the first lost record."),
  count: required(count, "How many."),
  reason: required(oneOf(lossReasons), "Why."),
  atNs: required(text, "When it was noticed: UTC nanoseconds, as digits."),
  detail: optional(text, "What the source or the writer said."),
});

const moreRanges = record("an object that names a file of further ranges", {
  file: required(text, "Its name."),
  ranges: required(count, "Its rows."),
  lost: required(mapOf(count), "The records in them, by reason."),
});

const streamAccount = record("the account of a stream", {
  stream: required(identifier, "The stream's name."),
  produced: required(count, "Records that there were."),
  stored: required(count, "Records that are there."),
  lost: required(count, "Records that are not; produced = stored + lost."),
  ranges: required(listOf(lostRange), "Which."),
  more: optional(moreRanges, "Where the further ranges are."),
});

const lossLedger = record("a loss ledger", {
  complete: required(boolean, "The run ended and nothing is missing from the account itself."),
  accounts: required(listOf(streamAccount), "One for each stream."),
});

/** The last document of a run: how it ended, why, and what is missing. */
export const runStop = record(
  "a run stop",
  {
    uid: required(identifier, "This document."),
    run_start: required(identifier, "`uid` of the run start."),
    time: required(seconds, "When the run ended."),
    time_ns: optional(nanoseconds, "Ours: the same, exact."),
    exit_status: required(oneOf(["success", "abort", "fail"]), "How it ended; `abort`: somebody ended it."),
    reason: optional(text, "Why it ended, in a sentence; empty after a success."),
    num_events: optional(mapOf(count), "Events of each stream."),
    ledger: optional(lossLedger, "Ours: the loss ledger."),
  },
  "top-level metadata",
);

export type RunStop = TypeOf<typeof runStop>;
export type ExitStatus = RunStop["exit_status"];
