import { setImmediate } from "node:timers/promises";
import type { SourceContext } from "../contract.ts";
import { sampleOffsetNs } from "../sample-times.ts";

/** Other work of this process waits at most about this long for a source that never has to wait itself. */
const turnMilliseconds = 8;

export type Pace = {
  readonly rateHz: number;
  /** False: as fast as the sink takes the records. */
  readonly paced: boolean;
  /** Records that one step makes; the last step of a limited run makes fewer. */
  readonly recordsPerStep: number;
};

/**
 * Calls `step` for record after record until the run stops or `recordLimit` records were made. Record i is due i
 * periods after the start, however long the steps take: after a delay it catches up. A step is due with its last record.
 */
export async function produce(
  context: SourceContext,
  pace: Pace,
  step: (first: number, count: number, startNs: bigint) => void | Promise<void>,
): Promise<void> {
  const { clock, signal } = context;
  const limit = context.recordLimit ?? Number.POSITIVE_INFINITY;
  const startNs = clock.nowNs();
  let turnStarted = performance.now();
  const yieldWhenDue = async () => {
    if (performance.now() - turnStarted < turnMilliseconds) return;
    await setImmediate();
    turnStarted = performance.now();
  };
  for (let first = 0; first < limit; ) {
    const count = Math.min(pace.recordsPerStep, limit - first);
    if (pace.paced) {
      const dueNs = startNs + sampleOffsetNs(first + count - 1, pace.rateHz);
      for (;;) {
        const waitNs = dueNs - clock.nowNs();
        if (waitNs <= 0n || signal.aborted) break;
        await clock.sleep(Number(waitNs) / 1e6, signal);
        await yieldWhenDue();
      }
    }
    if (signal.aborted) return;
    const pending = step(first, count, startNs);
    if (pending !== undefined) await pending;
    first += count;
    await yieldWhenDue();
  }
}
