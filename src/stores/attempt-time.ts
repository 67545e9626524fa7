/** A connection that moves less than this has stalled. */
const slowestBytesPerS = 256 << 10;
const maxPatience = 16;

/** An attempt got no answer in time. */
export class AttemptTimeout extends Error {
  override readonly name = "TimeoutError";
}

/**
 * Gives every attempt a time limit: a server that accepts a connection and never answers is noticed. After an attempt that
 * was too slow the next ones get twice as long for their bytes, so that a line which is really slow gets through.
 */
export class AttemptTime {
  readonly #quietMs: number;
  #patience = 1;

  /** `quietMs`: for an attempt that moves no bytes. */
  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  /** Rejects with `AttemptTimeout` when it takes too long, also where `attempt` does not heed its signal. */
  async run<Result>(bytes: number, attempt: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const limitMs = this.#quietMs + (bytes / slowestBytesPerS) * 1000 * this.#patience;
    const stop = new AbortController();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      if (bytes > 0) this.#patience = Math.min(maxPatience, this.#patience * 2);
      const error = new AttemptTimeout(`no answer within ${(limitMs / 1000).toFixed(0)} s`);
      reject(error);
      stop.abort(error);
    }, limitMs);
    try {
      return await Promise.race([attempt(stop.signal), stopped]);
    } finally {
      clearTimeout(timer);
    }
  }
}
