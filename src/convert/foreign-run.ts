import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { basename } from "node:path";
import type { RunInfo } from "../model/run.ts";
import { isStreamName, type StreamSchema } from "../model/stream-schema.ts";

/** What can be said of a run that another program recorded: when it began, and which file it was. */
export function foreignRun(
  path: string,
  software: RunInfo["software"],
  firstTimestampNs: string | undefined,
): RunInfo {
  return {
    uid: randomBytes(16).toString("hex"),
    startedAtNs: firstTimestampNs ?? String(BigInt(Date.now()) * 1_000_000n),
    experiment: { converted_from: basename(path) },
    host: hostname(),
    software,
    devices: [],
  };
}

/** Another program's table may be called what no stream can. */
export function withStreamName(schema: StreamSchema): StreamSchema {
  if (isStreamName(schema.name)) return schema;
  const name = schema.name.replaceAll(/[^A-Za-z0-9_.-]/g, "_").replace(/^[.-]+/, "");
  return { ...schema, name: name.slice(0, 100) || "table" };
}
