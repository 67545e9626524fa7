import type { Metadata } from "./metadata.ts";
import type { StreamSchema } from "./stream-schema.ts";

/** What is known of a run when it starts; it goes into every file. */
export type RunInfo = {
  /** 32 hexadecimal digits. */
  readonly uid: string;
  /** UTC nanoseconds, as decimal digits (JSON has no 64-bit integers). */
  readonly startedAtNs: string;
  /** The whole `[experiment]` table. */
  readonly experiment: Metadata;
  /** Keys of it whose values are floats though they are whole, such as 2.0, which JSON cannot tell from 2. */
  readonly floats?: readonly string[];
  readonly host: string;
  readonly software: { readonly name: string; readonly version: string };
  /** The start document of an experiment: the plan, and what was meant. Absent for a recording without a plan. */
  readonly start?: { readonly [key: string]: unknown };
  readonly devices: readonly { readonly id: string; readonly driver: string; readonly settings: Metadata }[];
};

export type Run = { readonly info: RunInfo; readonly streams: readonly StreamSchema[] };
