import type { Clock } from "./contract.ts";

/** `Date.now()` counts whole milliseconds, so a difference up to this is its rounding and not a clock that was set. */
const toleranceNs = 2_000_000n;

let anchorNs = 0n;
let anchorMonotonicNs = 0n;

function anchor(wallNs: bigint, monotonicNs: bigint): bigint {
  anchorNs = wallNs;
  anchorMonotonicNs = monotonicNs;
  return wallNs;
}

/** This machine's clock: the monotonic counter for its resolution, held to the system time, which may be set. */
export const systemClock: Clock = {
  nowNs() {
    const wallNs = BigInt(Date.now()) * 1_000_000n;
    const monotonicNs = process.hrtime.bigint();
    const expectedNs = anchorNs + monotonicNs - anchorMonotonicNs;
    const differenceNs = wallNs - expectedNs;
    if (differenceNs > toleranceNs || differenceNs < -toleranceNs) return anchor(wallNs, monotonicNs);
    return expectedNs;
  },
  sleep(milliseconds, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      signal.addEventListener("abort", finish, { once: true });
    });
  },
};
