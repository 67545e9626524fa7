import type { Ledger } from "../../model/ledger.ts";
import { toJson } from "../../model/metadata.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { experimentEntries, runEntryKeys } from "../run-entries.ts";

/** The key-value metadata of the file of one stream. Parquet has none for single columns: theirs is `column.NAME.KEY`. */
export function fileMetadata(stream: StreamSchema, info: RunInfo, ledger: Ledger): Map<string, string> {
  const metadata = experimentEntries(info);
  for (const { name, unit, scale, offset, description } of stream.columns) {
    if (unit !== undefined) metadata.set(`column.${name}.unit`, unit);
    if (scale !== undefined) metadata.set(`column.${name}.scale`, toJson(scale));
    if (offset !== undefined) metadata.set(`column.${name}.offset`, toJson(offset));
    if (description !== undefined) metadata.set(`column.${name}.description`, description);
  }
  metadata.set(runEntryKeys.run, toJson(info));
  metadata.set(runEntryKeys.stream, toJson(stream));
  metadata.set(runEntryKeys.ledger, toJson(ledger));
  return metadata;
}
