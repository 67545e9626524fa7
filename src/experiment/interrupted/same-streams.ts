import { sameInJson } from "../../documents/same-in-json.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { InterruptedStream } from "./interrupted-run.ts";

/** Throws `DaqError("usage")` when the devices would give other streams than those that were recorded. */
export function checkSameStreams(recorded: readonly InterruptedStream[], now: readonly StreamSchema[]): void {
  for (const { source } of recorded) {
    const { name, columns } = source.schema;
    const schema = now.find((each) => each.name === name);
    const problem =
      schema === undefined
        ? `stream ${name} was recorded, and no device of the configuration gives it`
        : sameInJson(schema.columns, columns)
          ? undefined
          : `stream ${name} has other columns now than were recorded`;
    if (problem !== undefined)
      throw new DaqError("usage", `The run cannot be taken up again: ${problem}.`, {
        hint: "Use the devices and settings of the run that was interrupted.",
      });
  }
}
