import type { Ledger } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";

/** The records of one stream in one place. */
export type StreamPart = {
  readonly path: string;
  readonly records: number;
  /** In a ring: what the source produced so far, the overwritten and the lost included. */
  readonly produced?: number;
  readonly firstTimestampNs?: string;
  readonly lastTimestampNs?: string;
  readonly seconds?: number;
  /** Records per second between the first and the last timestamp. */
  readonly ratePerSecond?: number;
};

export type InspectedStream = { readonly schema: StreamSchema; readonly parts: readonly StreamPart[] };

export type InspectedFile = {
  readonly path: string;
  readonly format: string;
  readonly bytes?: number;
  /** `damaged`: parts of it are not there. */
  readonly state: "complete" | "unfinished" | "missing" | "unreadable" | "damaged";
  /** Why it cannot be read, or what is not there. */
  readonly problem?: string;
};

/** All that `daq inspect` says of one path; `--json` prints it as it is. */
export type Inspection = {
  readonly path: string;
  readonly kind: "data file" | "run" | "journal of a run" | "ring";
  /** `recording`: it still grows. `unfinished`: a crash or a full disk left it. */
  readonly state: "complete" | "recording" | "unfinished";
  /** More about the state, in a few words. */
  readonly stateDetail?: string;
  readonly run?: RunInfo;
  readonly files: readonly InspectedFile[];
  readonly streams: readonly InspectedStream[];
  /** One for each output of the run. */
  readonly ledgers: readonly { readonly output: string; readonly ledger: Ledger }[];
  readonly notes: readonly string[];
  /** What to do about it, commands included. */
  readonly advice: readonly string[];
  readonly python: readonly string[];
};

/** A part with its duration and rate worked out from its ends. */
export function streamPart(
  path: string,
  found: { readonly records: number; readonly firstTimestampNs?: string; readonly lastTimestampNs?: string },
): StreamPart {
  const { records, firstTimestampNs, lastTimestampNs } = found;
  const ends = {
    ...(firstTimestampNs === undefined ? {} : { firstTimestampNs }),
    ...(lastTimestampNs === undefined ? {} : { lastTimestampNs }),
  };
  if (firstTimestampNs === undefined || lastTimestampNs === undefined) return { path, records, ...ends };
  const seconds = Number(BigInt(lastTimestampNs) - BigInt(firstTimestampNs)) / 1e9;
  // The first record stands at the start of the first interval: n records are n − 1 intervals.
  const rate = seconds > 0 && records > 1 ? { ratePerSecond: (records - 1) / seconds } : {};
  return { path, records, ...ends, seconds, ...rate };
}
