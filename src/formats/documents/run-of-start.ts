import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { RunStart } from "../../documents/run-start.ts";
import { nanosecondsOf } from "../../documents/seconds-of.ts";
import type { Metadata, MetadataValue } from "../../model/metadata.ts";
import type { RunInfo } from "../../model/run.ts";
import { softwareVersion } from "../software-version.ts";

/** Fields that say how the plan was called: a reader finds them in the start document itself. */
const notForPeople = ["uid", "time", "time_ns", "plan_args", "plan_pattern_args", "hints", "experiment"];

/** What files say of a run whose start document is all that is known. */
export function runOfStart(start: RunStart): RunInfo {
  const { experiment } = start;
  return {
    uid: runUid(start.uid),
    startedAtNs: String(start.time_ns ?? nanosecondsOf(start.time)),
    experiment: {
      ...(typeof experiment === "string" ? { name: experiment } : {}),
      ...withoutNull(Object.entries(start).filter(([key]) => !notForPeople.includes(key))),
    },
    host: hostname(),
    software: { name: "daq-storage", version: softwareVersion() },
    start,
    devices: [],
  };
}

/** Other programs' identifiers need not be 32 hexadecimal digits; the start document keeps them as they are. */
function runUid(uid: string): string {
  const digits = uid.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : createHash("sha256").update(uid).digest("hex").slice(0, 32);
}

function withoutNull(entries: readonly (readonly [string, unknown])[]): Metadata {
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const held = asMetadata(value);
      return held === undefined ? [] : [[key, held]];
    }),
  );
}

function asMetadata(value: unknown): MetadataValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item) => asMetadata(item) ?? "");
  if (typeof value === "object") return withoutNull(Object.entries(value));
  return value as MetadataValue;
}
