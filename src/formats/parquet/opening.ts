import { DaqError } from "../../model/errors.ts";
import { toJson } from "../../model/metadata.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import { isRunInfo } from "../run-entries.ts";
import type { IndexColumns } from "./column-layout.ts";

/** What the first frame of a file says: enough to finish it from the file alone. */
export type Opening = {
  readonly stream: StreamSchema;
  readonly info: RunInfo;
  readonly index: IndexColumns;
  /** Number of the codec. */
  readonly codec: number;
  readonly encoding: "smallest" | "plain";
};

export function openingNote(opening: Opening): string {
  return toJson(opening);
}

/** Throws `DaqError("format")` for a text that is not an opening. */
export function parseOpening(text: string): Opening {
  const { stream, info, index, codec, encoding } = parseJson(text) as Opening;
  const isKnown = (index === "full" || index === "none") && (encoding === "smallest" || encoding === "plain");
  if (isRunInfo(info) && isKnown && Number.isInteger(codec))
    return { stream: parseStreamSchema(stream), info, index, codec, encoding };
  throw new DaqError("format", "The opening of the file does not describe a run.", {
    hint: "It was written by another version of daq-storage; use that one.",
  });
}
