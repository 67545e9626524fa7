import type { Plan } from "../plan.ts";

/** Waits until `seconds` after a moment; without one, the moment is now. Gives the moment back. */
export function* sleepUntil(momentNs: bigint | undefined, seconds: number): Plan<bigint> {
  return (yield {
    command: "sleepUntil",
    words: () => `wait until ${seconds} s after the start`,
    carryOut: async (session) => {
      const fromNs = momentNs ?? session.clock.nowNs();
      const leftSeconds = seconds - session.secondsSince(fromNs);
      if (leftSeconds > 0) await session.clock.sleep(leftSeconds * 1000, session.signal);
      session.signal.throwIfAborted();
      return fromNs;
    },
    rehearse: (rehearsal) => momentNs ?? rehearsal.moment(),
  }) as bigint;
}
