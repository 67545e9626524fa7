import type { Readable } from "../../devices/capabilities.ts";
import type { Readings } from "../../model/reading.ts";
import type { Plan } from "../plan.ts";

/** Reads a device, now. The readings go into the event that is open, if there is one, and to the plan. */
export function* read(device: Readable, timeoutSeconds?: number): Plan<Readings> {
  return (yield {
    command: "read",
    words: () => `read ${device.id}`,
    carryOut: async (session) => {
      const readings = await session.read(device, timeoutSeconds);
      session.openRun?.add(device, readings);
      return readings;
    },
    rehearse: (rehearsal) => rehearsal.read(device),
  }) as Readings;
}
