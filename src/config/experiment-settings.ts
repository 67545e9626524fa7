import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";

/** The keys of `[experiment]` that have a meaning here; every other key is metadata as well. */
export const experimentSettings = [
  {
    key: "name",
    kind: "string",
    doc: "Name of the experiment, `{experiment}` in `output_path`. All further keys of this table are free metadata and go into every file.",
    default: "experiment",
    check: (value: MetadataValue) =>
      String(value).trim() === "" ? "expected a name with at least one character" : undefined,
  },
] as const satisfies readonly Setting[];
