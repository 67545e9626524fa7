import { setTimeout } from "node:timers/promises";

const firstMs = 250;
const longestMs = 30_000;

/** How long to wait before the next try: twice as long each time, up to half a minute, and never all at once. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const most = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return most * (0.5 + random() / 2);
}

/** Resolves after that time, or as soon as one of the signals says so. */
export async function sleepUnless(milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals]);
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}

/** The result of `work`, or the signal's reason as soon as that comes. `work` is then left to itself. */
export async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  work.catch(() => {}); // Once the signal came nobody waits for it any more.
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
