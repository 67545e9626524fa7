import { setTimeout as sleep } from "node:timers/promises";
import { aroundCalls, aroundParts } from "./around-calls.ts";
import type { CloudStore, PartUpload } from "./cloud-store.ts";
import { StoreError } from "./store-error.ts";

export type RetryOptions = {
  /** Attempts at one call in all. */
  readonly tries?: number;
  /** No attempt begins later than this after the first. */
  readonly giveUpAfterMs?: number;
  /** Waits up to this before the second attempt, up to twice as long before the third, and so on. */
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly nowMs?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  /** From 0 to 1. */
  readonly random?: () => number;
};

/** One call and its attempts. `isUnclear`: an earlier attempt failed without an answer, and may have been carried out. */
type Attempt<Result> = (isUnclear: boolean) => Promise<Result>;

class Retries {
  readonly #tries: number;
  readonly #giveUpAfterMs: number;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #nowMs: () => number;
  readonly #sleep: (milliseconds: number) => Promise<unknown>;
  readonly #random: () => number;

  constructor(options: RetryOptions) {
    this.#tries = options.tries ?? 6;
    this.#giveUpAfterMs = options.giveUpAfterMs ?? 60_000;
    this.#firstDelayMs = options.firstDelayMs ?? 200;
    this.#maxDelayMs = options.maxDelayMs ?? 10_000;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
  }

  async run<Result>(attempt: Attempt<Result>): Promise<Result> {
    const start = this.#nowMs();
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(tries > 1);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        const passed = this.#nowMs() - start;
        const delay = this.#delayMs(tries, error.call.retryAfterMs);
        if (!error.retry || tries >= this.#tries || passed + delay > this.#giveUpAfterMs)
          throw error.after(tries, passed / 1000);
        await this.#sleep(delay);
      }
    }
  }

  /** Half of it at random: many writers that failed together do not come back together. */
  #delayMs(tries: number, askedMs: number | undefined): number {
    const whole = Math.min(this.#maxDelayMs, this.#firstDelayMs * 2 ** (tries - 1));
    const delay = whole / 2 + (whole / 2) * this.#random();
    return Math.max(delay, Math.min(askedMs ?? 0, this.#maxDelayMs));
  }
}

/** The same store, where a call that failed for a reason that may pass is made again, a bounded number of times. */
export function withRetries(store: CloudStore, options: RetryOptions = {}): CloudStore {
  const retries = new Retries(options);
  const around = <Result>(call: () => Promise<Result>): Promise<Result> => retries.run(call);
  const retried = aroundCalls(store, around);
  const isOwn = async (key: string, token: string): Promise<boolean> =>
    (await retried.tokenOf(key)) === token;
  return {
    ...retried,
    // An attempt whose answer was lost may have stored the object: then the next one finds the name taken by itself.
    putIfAbsent: (key, pieces, token) =>
      retries.run(
        async (isUnclear) =>
          (await store.putIfAbsent(key, pieces, token)) || (isUnclear && (await isOwn(key, token))),
      ),
    beginParts: async (key, token) => {
      const upload = await retries.run(() => store.beginParts(key, token));
      const parts = aroundParts(upload, around);
      const complete = (): Promise<void> =>
        retries.run((isUnclear) => completeOnce(upload, isUnclear, () => isOwn(key, token)));
      return { ...parts, complete };
    },
  };
}

async function completeOnce(
  upload: PartUpload,
  isUnclear: boolean,
  isOwn: () => Promise<boolean>,
): Promise<void> {
  try {
    await upload.complete();
  } catch (error) {
    // "No such upload": the attempt before completed it.
    const isRefused = error instanceof StoreError && !error.retry;
    if (isUnclear && isRefused && (await isOwn())) return;
    throw error;
  }
}
