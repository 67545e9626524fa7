import { DaqError } from "../../model/errors.ts";
import type { Plan } from "../plan.ts";

/** Waits. A pause or an abort ends it at once. */
export function* sleep(seconds: number): Plan {
  if (!(seconds >= 0 && Number.isFinite(seconds)))
    throw new DaqError("usage", `A plan cannot sleep for ${seconds} s.`, {
      hint: "Give seconds, 0 or more.",
    });
  yield {
    command: "sleep",
    words: () => `sleep ${seconds} s`,
    carryOut: async (session) => {
      await session.clock.sleep(seconds * 1000, session.signal);
      session.signal.throwIfAborted();
    },
  };
}
