import { setImmediate } from "node:timers/promises";
import type { Readable } from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import { systemClock } from "../devices/system-clock.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import { DaqError } from "../model/errors.ts";
import type { Metadata } from "../model/metadata.ts";
import { Interruption } from "./interruption.ts";
import type { Message, Plan } from "./plan.ts";
import { Session } from "./session.ts";
import { type Subscriber, Subscribers } from "./subscribers.ts";

export type RunEngineOptions = {
  /** Read before the first and after the last event of each run, into the stream `baseline`. */
  readonly baseline?: readonly Readable[];
  /** In the start document of every run. */
  readonly metadata?: Metadata;
  /** Longest wait for an answer: a reading, a position, a setting. Default: 10. */
  readonly answerSeconds?: number;
  /** Longest wait for what takes its time: a move, a measurement, making ready. Default: 300. */
  readonly actionSeconds?: number;
  /** Longest wait for a subscriber to take a document. Default: 60. */
  readonly subscriberSeconds?: number;
  readonly clock?: Clock;
  /** One line for the person who watches: a device did not obey while the run was ended. */
  readonly warn?: (message: string) => void;
};

/** What a plan came to. A plan that failed rejects instead; its stop document says why, too. */
export type PlanOutcome<Result> = {
  readonly exitStatus: Exclude<ExitStatus, "fail">;
  /** Why it was ended; empty after a success. */
  readonly reason: string;
  /** The runs that it opened. */
  readonly runs: readonly string[];
  /** What the plan returned; absent when it was ended. */
  readonly result?: Result;
};

export type EngineState = "idle" | "running" | "pausing" | "paused" | "ending";

/** Other work of this process waits at most about this long for a plan whose devices answer at once. */
const turnMilliseconds = 8;

/** Longest time that a timer can wait. */
const mostSeconds = 2_000_000;

/** Carries out plans, one at a time, and emits their documents. */
export class RunEngine {
  readonly #options: Required<RunEngineOptions>;
  readonly #subscribers = new Subscribers();
  #state: EngineState = "idle";
  #session: Session | undefined;
  /** Messages since the last checkpoint: what is done again after a pause. */
  #sinceCheckpoint: Message[] = [];
  #current: Message | undefined;
  #pauseWanted: "now" | "at checkpoint" | undefined;
  #resumed: (() => void) | undefined;
  #turnStarted = 0;

  constructor(options: RunEngineOptions = {}) {
    this.#options = {
      baseline: [],
      metadata: {},
      answerSeconds: 10,
      actionSeconds: 300,
      subscriberSeconds: 60,
      clock: systemClock,
      warn: () => {},
      ...options,
    };
    for (const key of ["answerSeconds", "actionSeconds", "subscriberSeconds"] as const)
      if (!(this.#options[key] > 0 && this.#options[key] <= mostSeconds))
        throw new DaqError("usage", `${key} is ${this.#options[key]}.`, {
          hint: `Give seconds above 0, up to ${mostSeconds}.`,
        });
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Every document of every run goes to `take`, in order. Returns a function that ends the subscription. */
  subscribe(take: Subscriber, name = "a subscriber"): () => void {
    return this.#subscribers.add(name, take);
  }

  /**
   * Carries out a plan. Resolves when it is over and its devices are put away, also after `abort` and `halt`; rejects with
   * what made it fail. `metadata` goes into the start documents of its runs.
   */
  async run<Result>(plan: Plan<Result>, metadata: Metadata = {}): Promise<PlanOutcome<Result>> {
    if (this.#state !== "idle")
      throw new DaqError("usage", "The engine is carrying out a plan already.", {
        hint: "Wait for it, or make a second engine for other devices.",
      });
    const { warn: _, ...options } = this.#options;
    const session = new Session({
      ...options,
      subscribers: this.#subscribers,
      metadata: { ...options.metadata, ...metadata },
    });
    this.#session = session;
    this.#subscribers.reset();
    this.#sinceCheckpoint = [];
    this.#pauseWanted = undefined;
    this.#state = "running";
    try {
      const result = await this.#drive(plan, session);
      return await this.#succeeded(result, session);
    } catch (error) {
      if (error instanceof Interruption) return await this.#ended(error, plan, session);
      await this.#failed(error, session);
      throw error;
    } finally {
      this.#session = undefined;
      this.#current = undefined;
      this.#state = "idle";
    }
  }

  /**
   * Stops what moves and holds the plan. After `resume` it goes on from its last checkpoint, with the axes back where they
   * were then. `"at checkpoint"`: holds at the next one instead, and nothing is done twice.
   */
  pause(when: "now" | "at checkpoint" = "now"): void {
    if (this.#state !== "running") return;
    this.#pauseWanted = when;
    if (when === "at checkpoint") return;
    this.#state = "pausing";
    // What is never done twice is not interrupted either: the pause begins when it is done.
    if (this.#current?.rewind !== "once") this.#session?.interrupt(new Interruption("pause", "paused"));
  }

  resume(): void {
    this.#resumed?.();
  }

  /**
   * Ends the plan: stops what moves, emits the stop document with the reason, then lets the plan clean up and puts devices
   * away. A second call ends the cleaning up.
   */
  abort(reason = "aborted by the user"): void {
    this.#interrupt(new Interruption("abort", reason));
  }

  /** Ends the plan without its clean-up: stops what moves and brings every device it touched into its safe state. */
  halt(reason = "halted by the user"): void {
    this.#interrupt(new Interruption("halt", reason));
  }

  #interrupt(interruption: Interruption): void {
    const session = this.#session;
    if (session === undefined) return;
    session.interrupt(interruption);
    // At once, also while a writer takes its time.
    void session.stopMoving().then((problems) => problems.map((problem) => this.#options.warn(problem)));
    this.#resumed?.();
  }

  async #drive<Result>(plan: Plan<Result>, session: Session): Promise<Result> {
    let step = plan.next();
    let first: unknown;
    while (!step.done) {
      let answer: unknown;
      try {
        answer = await this.#answer(step.value, session);
        if (step.value.rewind === "checkpoint") first = undefined;
      } catch (error) {
        if (error instanceof Interruption) throw error;
        // What the plan does next, it does with axes that stand still.
        for (const problem of await session.stopMoving()) this.#options.warn(problem);
        step = this.#tellPlan(plan, error, first);
        first ??= error;
        continue;
      }
      step = plan.next(answer);
    }
    return step.value;
  }

  /** The plan may mend it, or clean up; what fails while it cleans up does not hide what failed first. */
  #tellPlan<Result>(plan: Plan<Result>, error: unknown, first: unknown) {
    try {
      return plan.throw(error);
    } catch (thrown) {
      if (first !== undefined && first !== thrown) this.#options.warn(wordsOf(thrown));
      throw first ?? thrown;
    }
  }

  /** Carries out a message; after a pause all messages since the last checkpoint. */
  async #answer(message: Message, session: Session): Promise<unknown> {
    if (message.rewind === "once") this.#sinceCheckpoint = [];
    this.#sinceCheckpoint.push(message);
    this.#current = message;
    let todo: readonly Message[] = [message];
    let rewind = false;
    let answer: unknown;
    for (;;)
      try {
        if (rewind) await session.rewind();
        rewind = false;
        for (const each of todo) {
          // A pause that came with the end of a point is not to take that point again.
          if (each.rewind !== "checkpoint") session.signal.throwIfAborted();
          const pending = each.carryOut(session);
          answer = pending instanceof Promise ? await pending : pending;
          if (performance.now() - this.#turnStarted > turnMilliseconds) await this.#yield();
        }
        todo = [];
        if (message.rewind === undefined || !this.#pauseBeginsAt(message, session)) return answer;
        await this.#hold(session);
        rewind = true;
      } catch (error) {
        if (!(error instanceof Interruption) || error.kind !== "pause") throw error;
        await this.#hold(session);
        todo = [...this.#sinceCheckpoint];
        rewind = true;
      }
  }

  async #yield(): Promise<void> {
    await setImmediate();
    this.#turnStarted = performance.now();
  }

  /** From here on nothing before it is done again. True when a pause waited for this moment. */
  #pauseBeginsAt(message: Message, session: Session): boolean {
    if (message.rewind === "once") session.checkpoint();
    this.#sinceCheckpoint = [];
    session.signal.throwIfAborted();
    return (
      this.#pauseWanted === "now" || (this.#pauseWanted !== undefined && message.rewind === "checkpoint")
    );
  }

  async #hold(session: Session): Promise<void> {
    for (const problem of await session.stopMoving()) this.#options.warn(problem);
    // An abort may have come while devices were being stopped.
    const { reason } = session.signal;
    if (reason instanceof Interruption && reason.kind !== "pause") throw reason;
    session.renew();
    this.#pauseWanted = undefined;
    this.#state = "paused";
    await new Promise<void>((resolve) => {
      this.#resumed = resolve;
    });
    this.#resumed = undefined;
    session.signal.throwIfAborted();
    this.#state = "running";
  }

  async #succeeded<Result>(result: Result, session: Session): Promise<PlanOutcome<Result>> {
    this.#state = "ending";
    if (session.hasOpenRun) await session.close("success", "");
    for (const problem of await session.putAway()) this.#options.warn(problem);
    return { exitStatus: "success", reason: "", runs: session.runs, result };
  }

  async #failed(error: unknown, session: Session): Promise<void> {
    this.#state = "ending";
    if (session.signal.aborted) session.renew();
    await this.#finish("fail", wordsOf(error), session);
    for (const problem of await session.putAway()) this.#options.warn(problem);
  }

  /** First what moves, then the documents, then the rest, which may take its time. */
  async #ended<Result>(
    interruption: Interruption,
    plan: Plan<Result>,
    session: Session,
  ): Promise<PlanOutcome<Result>> {
    this.#state = "ending";
    session.renew();
    await this.#finish("abort", interruption.message, session);
    if (interruption.kind === "halt") {
      for (const problem of await session.makeSafe()) this.#options.warn(problem);
    } else {
      await this.#cleanUp(plan, session);
      for (const problem of await session.putAway()) this.#options.warn(problem);
    }
    return { exitStatus: "abort", reason: interruption.message, runs: session.runs };
  }

  async #finish(status: ExitStatus, reason: string, session: Session): Promise<void> {
    for (const problem of await session.stopMoving()) this.#options.warn(problem);
    if (!session.hasOpenRun) return;
    await session.close(status, reason).catch((error: unknown) => this.#options.warn(wordsOf(error)));
  }

  /**
   * The plan's own `finally`, step by step. The plan returns rather than catches: one that mends every error would go on
   * measuring. A step that fails ends its `finally`, and those further out are still carried out.
   */
  async #cleanUp<Result>(plan: Plan<Result>, session: Session): Promise<void> {
    const leave = () => plan.return(undefined as never);
    let go = leave;
    for (;;) {
      let step: IteratorResult<Message, Result>;
      try {
        step = go();
      } catch (error) {
        this.#options.warn(wordsOf(error));
        return;
      }
      if (step.done || session.signal.aborted) return;
      const message = step.value;
      try {
        // The run is closed by now, and no other is opened.
        const answer = message.command.endsWith("Run") ? undefined : await message.carryOut(session);
        go = () => plan.next(answer);
      } catch (error) {
        if (error instanceof Interruption) return;
        this.#options.warn(wordsOf(error));
        go = leave;
      }
    }
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
