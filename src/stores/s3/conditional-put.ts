import { setTimeout as sleep } from "node:timers/promises";

/** What it needs of the store; each is one attempt. */
export type ConditionalPutCalls = {
  /** The server is known to let one of several conditional puts through (AWS does since 2024). */
  readonly isKnown: boolean;
  /** With `If-None-Match: *`. */
  readonly put: (
    key: string,
    pieces: readonly Uint8Array[],
    token: string,
  ) => Promise<"stored" | "exists" | "no such condition">;
  readonly overwrite: (key: string, pieces: readonly Uint8Array[], token: string) => Promise<void>;
  readonly tokenOf: (key: string) => Promise<string | undefined>;
  readonly exists: (key: string) => Promise<boolean>;
};

/** Longer than a small put and the look before it take: whoever found the name free has put by then. */
const settleMs = 2000;

/**
 * Puts an object only where there is none. Other servers than AWS's may refuse the condition (Swift), ignore it and
 * overwrite (s3rver), or look at it before the body and let several through; the last two do not show. There it is done by
 * time, as in Fischer's mutual exclusion: look, put, wait until all who found the name free have put; the last one has it.
 */
export class ConditionalPut {
  readonly #calls: ConditionalPutCalls;
  #isRefused = false;

  constructor(calls: ConditionalPutCalls) {
    this.#calls = calls;
  }

  async putIfAbsent(key: string, pieces: readonly Uint8Array[], token: string): Promise<boolean> {
    const { isKnown, put, overwrite, tokenOf, exists } = this.#calls;
    const isOwn = async (): Promise<boolean> => (await tokenOf(key)) === token;
    if (isKnown) return (await put(key, pieces, token)) === "stored";
    if (await exists(key)) {
      // An attempt whose answer was lost put it.
      if (!(await isOwn())) return false;
    } else {
      const answer = this.#isRefused ? "no such condition" : await put(key, pieces, token);
      if (answer === "exists") return false;
      if (answer === "no such condition") {
        this.#isRefused = true;
        await overwrite(key, pieces, token);
      }
    }
    await sleep(settleMs);
    return isOwn();
  }
}
