import type { Readable } from "../../devices/capabilities.ts";
import type { Plan } from "../../engine/plan.ts";
import type { Readings } from "../../model/reading.ts";

/** Reads a device, and makes an event of its stream out of that, in one step: a failed reading leaves no open event. */
export function* recordReading(device: Readable): Plan<Readings> {
  return (yield {
    command: "record",
    words: () => `read ${device.id} and keep it`,
    carryOut: async (session) => {
      const readings = await session.read(device);
      const { run } = session;
      run.create(device.id);
      try {
        run.add(device, readings);
        await run.save();
      } catch (error) {
        run.drop();
        throw error;
      }
      return readings;
    },
  }) as Readings;
}
