import { answerOf } from "../devices/status.ts";
import { Interruption, isPause } from "./interruption.ts";
import type { Message } from "./plan.ts";
import type { EngineState, RunEngineOptions } from "./run-engine-options.ts";
import type { Session } from "./session.ts";
import type { Suspender } from "./suspender.ts";
import { Suspensions } from "./suspensions.ts";

export type PlanGateOptions = Pick<Required<RunEngineOptions>, "clock" | "answerSeconds" | "warn">;

/** Whether a plan may go on: pauses that were asked for, and conditions that suspenders look at. Holds it until it may. */
export class PlanGate {
  readonly #options: PlanGateOptions;
  readonly #suspensions = new Suspensions();
  #state: EngineState = "idle";
  #session: Session | undefined;
  #pauseWanted: "now" | "at checkpoint" | undefined;
  /** Lets a plan that waits look again whether it may go on. */
  #wake: (() => void) | undefined;
  /** What is carried out now. */
  current: Message | undefined;

  constructor(options: PlanGateOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Of the plan that is carried out. */
  get session(): Session | undefined {
    return this.#session;
  }

  get hasSuspenders(): boolean {
    return !this.#suspensions.isEmpty;
  }

  install(suspender: Suspender): () => void {
    return this.#suspensions.install(suspender);
  }

  begin(session: Session): void {
    this.#session = session;
    this.#pauseWanted = undefined;
    this.#state = "running";
  }

  /** From here on nothing is waited for but the end. */
  beginEnding(): void {
    this.#state = "ending";
  }

  end(): void {
    this.#suspensions.end();
    this.#session = undefined;
    this.current = undefined;
    this.#state = "idle";
  }

  /** A plan does not begin before all is well. */
  async untilAllIsWell(session: Session): Promise<void> {
    if (this.#suspensions.isEmpty) return this.#suspensions.begin(this.#watching());
    const looking = () => this.#suspensions.begin(this.#watching());
    await answerOf("The suspenders", "the first look", looking, {
      timeoutMs: 2 * this.#options.answerSeconds * 1000,
      signal: session.signal,
    }).catch((error: unknown) => {
      if (!isPause(error)) throw error;
    });
    await this.#untilFree(session);
    this.#state = "running";
  }

  #watching() {
    const { clock, answerSeconds, warn } = this.#options;
    return {
      clock,
      answerSeconds,
      warn,
      onTrip: (reason: string) => {
        if (this.#state === "running") this.#interruptForPause(reason);
        else this.wake();
      },
      onGood: () => this.wake(),
    };
  }

  pause(when: "now" | "at checkpoint"): void {
    if (this.#state === "running") {
      this.#pauseWanted = when;
      if (when === "now") this.#interruptForPause("paused");
    } else if (this.#state === "pausing" || this.#state === "suspended") {
      this.#pauseWanted = "now";
      if (this.#state === "suspended") this.#session?.interrupt(new Interruption("pause", "paused"));
      this.wake();
    }
  }

  #interruptForPause(reason: string): void {
    this.#state = "pausing";
    // What is never done twice is not interrupted either: the pause begins when it is done.
    if (this.current?.rewind !== "once") this.#session?.interrupt(new Interruption("pause", reason));
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#pauseWanted = undefined;
    this.wake();
  }

  /** A plan that waits looks again whether it may go on, or whether it was ended. */
  wake(): void {
    this.#wake?.();
  }

  /** A pause waited for the end of this message. */
  pausesAfter({ rewind }: Message): boolean {
    if (this.#pauseWanted === "now" || this.#suspensions.tripped) return true;
    return this.#pauseWanted !== undefined && rewind === "checkpoint";
  }

  /** Waits between two points while a suspender says so. */
  async untilNextPoint(session: Session): Promise<void> {
    await this.#suspensions.betweenPoints(session.signal, () => {
      this.#state = "suspended";
    });
    session.signal.throwIfAborted();
    this.#state = "running";
  }

  /** Stops what moves, and waits until the plan may go on. Rejects when it was ended meanwhile. */
  async hold(session: Session): Promise<void> {
    for (const problem of await session.stopMoving()) this.#options.warn(problem);
    await this.#untilFree(session);
    this.#state = "running";
  }

  /** Waits until nobody wants a pause and every condition is good. Rejects when an abort came meanwhile. */
  async #untilFree(session: Session): Promise<void> {
    for (;;) {
      const { aborted, reason } = session.signal;
      if (aborted && !isPause(reason)) throw reason;
      if (aborted) session.renew();
      if (this.#pauseWanted !== undefined) this.#state = "paused";
      else if (this.#suspensions.tripped) this.#state = "suspended";
      else return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
