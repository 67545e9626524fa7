import type { Message, Plan } from "../../engine/plan.ts";
import type { Session } from "../../engine/session.ts";
import { DaqError } from "../../model/errors.ts";

type Order = {
  readonly plan: Plan<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The plan that a script is: it carries out one order of the script after the other, each a plan of its own, and waits for
 * the next one in between. So all that holds for plans holds for scripts: devices that do not answer, documents, pauses, and
 * an end that stops what moves.
 */
export class ScriptPlan {
  readonly #orders: Order[] = [];
  readonly #last: Plan;
  #current: Order | undefined;
  #wake: (() => void) | undefined;
  #end: { readonly failure: unknown } | undefined;

  /** `last` is carried out at the end, whatever ended it but a halt. */
  constructor(last: Plan) {
    this.#last = last;
  }

  /** Resolves to what the plan gives; rejects with what made it fail. Orders are carried out in their order. */
  ask<Result>(plan: Plan<Result>): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(afterTheEnd());
    return new Promise((resolve, reject) => {
      this.#orders.push({ plan, resolve: resolve as (result: unknown) => void, reject });
      this.#wake?.();
    });
  }

  /** No more orders come. With a failure the plan, and the run that is open, fail with it. */
  end(failure?: unknown): void {
    this.#end ??= { failure };
    this.#wake?.();
  }

  /** The engine is done with the plan: nobody carries out what was ordered. */
  close(): void {
    this.#end ??= { failure: undefined };
    for (const order of [this.#current, ...this.#orders]) order?.reject(afterTheEnd());
    this.#orders.length = 0;
  }

  *steps(): Plan {
    try {
      while (this.#orders.length > 0 || this.#end === undefined) {
        yield this.#nextOrder();
        // Nothing yet: a pause ended the waiting.
        this.#current = this.#orders.shift();
        if (this.#current !== undefined) yield* carriedOut(this.#current);
        this.#current = undefined;
      }
      if (this.#end.failure !== undefined) throw this.#end.failure;
    } finally {
      yield* this.#last;
    }
  }

  #nextOrder(): Message {
    return {
      command: "script",
      // What the script did is not done again after a pause.
      rewind: "checkpoint",
      words: () => "wait for the script",
      carryOut: (session) => {
        session.checkpoint();
        if (this.#orders.length === 0 && this.#end === undefined) return this.#waitForOrder(session);
      },
    };
  }

  #waitForOrder({ signal }: Session): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      if (signal.aborted) wake();
      else signal.addEventListener("abort", wake, { once: true });
    });
  }
}

function* carriedOut({ plan, resolve, reject }: Order): Plan {
  let result: unknown;
  try {
    result = yield* plan;
  } catch (error) {
    reject(error);
    return;
  }
  resolve(result);
}

function afterTheEnd(): DaqError {
  return new DaqError("usage", "The script is over: its devices are not at its command any more.", {
    hint: "Do what has to be done with them before its last statement.",
  });
}
