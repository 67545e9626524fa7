import { answerOf } from "../devices/status.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import { DaqError } from "../model/errors.ts";

/** Takes one document after the other; the next one comes when its promise has settled. */
export type Subscriber = <Name extends DocumentName>(
  name: Name,
  doc: Documents[Name],
) => void | Promise<void>;

export type SubscriberHooks = {
  /**
   * What came before will not be measured again. Events after it may be, after a pause, and then come with their old number.
   */
  readonly onCheckpoint?: () => void;
  /** A document could not be taken, or that was interrupted: none of this run comes any more, nor its stop document. */
  readonly onGivenUp?: () => void;
};

type Entry = {
  readonly name: string;
  readonly take: Subscriber;
  readonly hooks: SubscriberHooks;
  failed: boolean;
};

/** Hands each document to all subscribers, in the order of their subscription. */
export class Subscribers {
  readonly #entries: Entry[] = [];
  #failure: DaqError | undefined;

  /** `name` is what an error calls it. Returns a function that ends the subscription. */
  add(name: string, take: Subscriber, hooks: SubscriberHooks = {}): () => void {
    const entry: Entry = { name, take, hooks, failed: false };
    this.#entries.push(entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  checkpoint(): void {
    for (const { hooks } of this.#entries) hooks.onCheckpoint?.();
  }

  /** Forgets failures: a new run is a new chance. */
  reset(): void {
    this.#failure = undefined;
    for (const entry of this.#entries) entry.failed = false;
  }

  /** Throws why one could not take a document of this run. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Rejects when one cannot take it. After that it goes on rejecting: a plan cannot go on without its writer. */
  async hand<Name extends DocumentName>(
    name: Name,
    doc: Documents[Name],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#failure !== undefined && name !== "stop") throw this.#failure;
    let failure: DaqError | undefined;
    for (const entry of [...this.#entries]) {
      if (entry.failed) continue;
      try {
        const taken = entry.take(name, doc);
        if (taken !== undefined)
          await answerOf(entry.name, `taking the ${name} document`, () => taken, { timeoutMs, signal });
      } catch (cause) {
        // Whoever was interrupted may be in the middle of a document: what comes next would not be in order for it.
        entry.failed = true;
        entry.hooks.onGivenUp?.();
        if (signal.aborted) throw signal.reason;
        const reason = cause instanceof Error ? cause.message : String(cause);
        failure ??= new DaqError("io", `${entry.name} could not take the ${name} document: ${reason}`, {
          hint: "The run was ended, since what it measures would not be kept. Mend the writer and run again.",
          cause,
        });
      }
    }
    if (failure === undefined) return;
    this.#failure ??= failure;
    throw failure;
  }
}
