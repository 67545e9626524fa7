import { checkMetadata } from "../../documents/compose-run.ts";
import type { Metadata } from "../../model/metadata.ts";
import type { Plan } from "../plan.ts";

/** Into the start documents of the runs that are opened from here on. Throws at once for what they cannot hold. */
export function* addMetadata(metadata: Metadata): Plan {
  checkMetadata(metadata);
  yield {
    command: "addMetadata",
    rewind: "once",
    words: () => `note ${Object.keys(metadata).join(", ")} for the runs that follow`,
    carryOut: (session) => session.addMetadata(metadata),
  };
}
