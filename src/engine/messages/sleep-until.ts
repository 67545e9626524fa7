import type { Plan } from "../plan.ts";

/** Waits until `seconds` after a moment; without one, the moment is now. Gives the moment back. */
export function* sleepUntil(momentNs: bigint | undefined, seconds: number): Plan<bigint> {
  return (yield {
    command: "sleepUntil",
    words: () => `wait until ${seconds} s after the start`,
    carryOut: async (session) => {
      const fromNs = momentNs ?? session.clock.nowNs();
      const leftMs = seconds * 1000 - Number(session.clock.nowNs() - fromNs) / 1e6;
      if (leftMs > 0) await session.clock.sleep(leftMs, session.signal);
      session.signal.throwIfAborted();
      return fromNs;
    },
    rehearse: () => momentNs ?? 0n,
  }) as bigint;
}
