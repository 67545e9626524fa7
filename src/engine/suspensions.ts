import type { Clock } from "../devices/contract.ts";
import { answerOf } from "../devices/status.ts";
import type { Suspender } from "./suspender.ts";
import { wordsOf } from "./words-of.ts";

export type Watching = {
  readonly clock: Clock;
  /** Longest time that a condition may take to answer. */
  readonly answerSeconds: number;
  /** Something is not well any more: the plan has to stop. */
  readonly onTrip: (reason: string) => void;
  /** All may be well again. */
  readonly onGood: () => void;
  readonly warn: (message: string) => void;
};

/** Looks at one condition again and again, while a plan is carried out. */
class Watch {
  readonly #suspender: Suspender;
  readonly #watching: Watching;
  readonly #over = new AbortController();
  /** Ends the pause between two looks. */
  #early = new AbortController();
  #unsubscribe: (() => void) | undefined;
  #goodSinceNs: bigint | undefined;
  reason: string | undefined;

  constructor(suspender: Suspender, watching: Watching) {
    this.#suspender = suspender;
    this.#watching = watching;
  }

  /** Resolves after the first look; the others go on behind it. */
  async begin(): Promise<void> {
    try {
      this.#unsubscribe = this.#suspender.subscribe?.(() => this.#early.abort());
    } catch (error) {
      this.#trip(wordsOf(error));
    }
    await this.look();
    if (this.#suspender.when === "at once") void this.#goOn();
  }

  end(): void {
    this.#over.abort();
    this.#early.abort();
    try {
      this.#unsubscribe?.();
    } catch (error) {
      this.#watching.warn(`${this.#suspender.name}: ${wordsOf(error)}`);
    }
  }

  async #goOn(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#watching.clock.sleep(this.millisecondsToNext(), this.#early.signal);
      // Before the look: what changes while it is taken is looked at again at once.
      this.#early = new AbortController();
      if (!this.#over.signal.aborted) await this.look();
    }
  }

  /** Until the next look: sooner when the time of being good is over before. */
  millisecondsToNext(): number {
    const { everySeconds, resumeSeconds } = this.#suspender;
    const leftMs =
      this.#goodSinceNs === undefined
        ? Number.POSITIVE_INFINITY
        : resumeSeconds * 1000 - Number(this.#watching.clock.nowNs() - this.#goodSinceNs) / 1e6;
    return Math.max(1, Math.min(everySeconds * 1000, leftMs));
  }

  async look(): Promise<void> {
    const { name, resumeSeconds } = this.#suspender;
    const { clock, answerSeconds } = this.#watching;
    let reason: string | undefined;
    try {
      const found = this.#suspender.condition({
        tripped: this.reason !== undefined,
        signal: this.#over.signal,
      });
      reason =
        found instanceof Promise
          ? await answerOf(name, "its condition", () => found, {
              timeoutMs: answerSeconds * 1000,
              signal: this.#over.signal,
            })
          : found;
    } catch (error) {
      reason = wordsOf(error);
    }
    if (this.#over.signal.aborted) return;
    if (reason !== undefined) {
      this.#goodSinceNs = undefined;
      if (this.reason === undefined) this.#trip(reason);
      this.reason = reason;
    } else if (this.reason !== undefined) {
      this.#goodSinceNs ??= clock.nowNs();
      if (Number(clock.nowNs() - this.#goodSinceNs) < resumeSeconds * 1e9) return;
      this.reason = undefined;
      this.#goodSinceNs = undefined;
      this.#watching.warn(`${name} is good again.`);
      this.#watching.onGood();
    }
  }

  #trip(reason: string): void {
    this.reason = reason;
    this.#watching.warn(`The plan waits: ${reason}.`);
    if (this.#suspender.when === "at once") this.#watching.onTrip(reason);
  }
}

/** The suspenders of an engine, and what they say while a plan is carried out. */
export class Suspensions {
  readonly #installed = new Map<Suspender, Watch | undefined>();
  #watching: Watching | undefined;

  /** Returns what removes it. */
  install(suspender: Suspender): () => void {
    this.#installed.set(suspender, undefined);
    if (this.#watching !== undefined) void this.#watch(suspender, this.#watching);
    return () => {
      const watch = this.#installed.get(suspender);
      this.#installed.delete(suspender);
      watch?.end();
      this.#watching?.onGood();
    };
  }

  #watch(suspender: Suspender, watching: Watching): Promise<void> {
    const watch = new Watch(suspender, watching);
    this.#installed.set(suspender, watch);
    return watch.begin();
  }

  /** Resolves when every condition was looked at once. */
  async begin(watching: Watching): Promise<void> {
    this.#watching = watching;
    await Promise.all([...this.#installed.keys()].map((suspender) => this.#watch(suspender, watching)));
  }

  end(): void {
    this.#watching = undefined;
    for (const [suspender, watch] of this.#installed) {
      watch?.end();
      this.#installed.set(suspender, undefined);
    }
  }

  get isEmpty(): boolean {
    return this.#installed.size === 0;
  }

  /** A plan must not go on now. */
  get tripped(): boolean {
    for (const [{ when }, watch] of this.#installed)
      if (when === "at once" && watch?.reason !== undefined) return true;
    return false;
  }

  /** Waits while one of those between points says so. `onWait`: it does. Returns at once when `signal` aborts. */
  async betweenPoints(signal: AbortSignal, onWait: () => void): Promise<void> {
    for (const [suspender, watch] of this.#installed) {
      if (suspender.when !== "between points" || watch === undefined) continue;
      await watch.look();
      while (watch.reason !== undefined && !signal.aborted && this.#installed.get(suspender) === watch) {
        onWait();
        await this.#watching?.clock.sleep(watch.millisecondsToNext(), signal);
        await watch.look();
      }
    }
  }
}
