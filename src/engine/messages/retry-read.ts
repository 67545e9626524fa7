import type { Readable } from "../../devices/capabilities.ts";
import type { Readings } from "../../model/reading.ts";
import { checkCount } from "../check-count.ts";
import { Interruption } from "../interruption.ts";
import type { Plan } from "../plan.ts";
import { wordsOf } from "../words-of.ts";

/** Reads a device that may fail at times: up to `attempts` times, and each that failed is a warning. */
export function* retryRead(device: Readable, attempts: number, timeoutSeconds?: number): Plan<Readings> {
  checkCount("retryRead", attempts);
  return (yield {
    command: "read",
    words: () => `read ${device.id}, up to ${attempts} times`,
    carryOut: async (session) => {
      for (let attempt = 1; ; attempt++)
        try {
          const readings = await session.read(device, timeoutSeconds);
          session.openRun?.add(device, readings);
          return readings;
        } catch (error) {
          if (attempt === attempts || error instanceof Interruption || session.signal.aborted) throw error;
          session.warn(`${wordsOf(error)} It is read again (${attempt + 1} of ${attempts}).`);
        }
    },
    rehearse: (rehearsal) => rehearsal.read(device),
  }) as Readings;
}
