import { DaqError } from "../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../model/stream-schema.ts";

/** Checks a schema that was made from settings, so that what is wrong with it is an error of the configuration. */
export function configuredSchema(schema: StreamSchema): StreamSchema {
  try {
    return parseStreamSchema(schema);
  } catch (cause) {
    if (!(cause instanceof DaqError)) throw cause;
    throw new DaqError("config", `Device "${schema.name}": ${cause.message}.`, {
      hint: "Correct the settings of this device.",
      cause,
    });
  }
}
