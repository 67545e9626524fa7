import { DaqError } from "../model/errors.ts";
import type { DeviceConfig } from "./config.ts";

/** An error of a device, with the place in the configuration that describes it. */
export function configuredAt(error: unknown, { id, place }: Pick<DeviceConfig, "id" | "place">): DaqError {
  const { code, message, hint } =
    error instanceof DaqError
      ? error
      : new DaqError("device", `${id}: ${error instanceof Error ? error.message : String(error)}`);
  const where = place === undefined ? "" : ` It is configured in ${place}.`;
  return new DaqError(code, `${message}${where}`, { ...(hint === undefined ? {} : { hint }), cause: error });
}
