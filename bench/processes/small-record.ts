import type { StreamSchema } from "../../src/model/stream-schema.ts";

export const smallRecordBytes = 100;

/** A stream of small records, each a ring record of its own. */
export const smallRecordSchema: StreamSchema = {
  name: "events",
  kind: "table",
  source: "benchmark",
  clock: "system",
  columns: [{ name: "event", dtype: "uint8", shape: [smallRecordBytes], dims: ["byte"] }],
};

/** The ring in which a reader answers. */
export function answerPath(ringPath: string): string {
  return `${ringPath}-answers`;
}
