import { setImmediate } from "node:timers/promises";
import type { NamedDocument } from "../documents/document.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import { DaqError } from "../model/errors.ts";
import type { Metadata } from "../model/metadata.ts";
import { cleanUp } from "./clean-up.ts";
import { Interruption, isPause } from "./interruption.ts";
import { monitorStreamOf } from "./monitored-stream.ts";
import type { Message, Plan } from "./plan.ts";
import { PlanGate } from "./plan-gate.ts";
import { RecordedCursor } from "./recorded-cursor.ts";
import { Replay } from "./replay.ts";
import {
  type EngineState,
  type PlanOutcome,
  type RunEngineOptions,
  type TakeUpOptions,
  withDefaults,
} from "./run-engine-options.ts";
import { Session } from "./session.ts";
import { type Subscriber, type SubscriberHooks, Subscribers } from "./subscribers.ts";
import type { Suspender } from "./suspender.ts";
import { wordsOf } from "./words-of.ts";

/** Other work of this process waits at most about this long for a plan whose devices answer at once. */
const turnMilliseconds = 8;

type TakingUp = { readonly replay: Replay; readonly onLive: NonNullable<TakeUpOptions["onLive"]> };

/** Carries out plans, one at a time, and emits their documents. */
export class RunEngine {
  readonly #options: Required<RunEngineOptions>;
  readonly #subscribers = new Subscribers();
  readonly #gate: PlanGate;
  /** Messages since the last checkpoint: what is done again after a pause. */
  #sinceCheckpoint: Message[] = [];
  #turnStarted = 0;

  constructor(options: RunEngineOptions = {}) {
    this.#options = withDefaults(options);
    this.#gate = new PlanGate(this.#options);
  }

  get state(): EngineState {
    return this.#gate.state;
  }

  /**
   * Every document of every run goes to `take`, in order. Returns a function that ends the subscription.
   */
  subscribe(take: Subscriber, name = "a subscriber", hooks: SubscriberHooks = {}): () => void {
    return this.#subscribers.add(name, take, hooks);
  }

  /** Plans wait while its condition says so, this one too. Returns a function that removes it. */
  install(suspender: Suspender): () => void {
    return this.#gate.install(suspender);
  }

  /**
   * Carries out a plan. Resolves when it is over and its devices are put away, also after `abort` and `halt`; rejects with
   * what made it fail. `metadata` goes into the start documents of its runs.
   */
  run<Result>(plan: Plan<Result>, metadata: Metadata = {}): Promise<PlanOutcome<Result>> {
    return this.#carryOut(plan, metadata);
  }

  /**
   * Goes on with a run that was interrupted, in which no stop document was written. `recorded`: its documents, in order. The
   * same plan is gone through with the recorded answers, and no device is touched, up to the last checkpoint; there devices are
   * made ready and set as they were, axes are moved back, and the plan goes on. Subscribers get what is new: no start document,
   * events with the numbers that follow. Rejects with `DaqError("usage")` when the plan does not do what was recorded; then
   * nothing was emitted, and the run can still be taken up again.
   */
  async takeUp<Result>(
    plan: Plan<Result>,
    recorded: Iterable<NamedDocument> | AsyncIterable<NamedDocument>,
    { positions = new Map(), onLive = () => {} }: TakeUpOptions = {},
  ): Promise<PlanOutcome<Result>> {
    const cursor = new RecordedCursor(recorded);
    const monitored = this.#options.monitors.map(monitorStreamOf);
    try {
      return await this.#carryOut(plan, {}, { replay: new Replay(cursor, monitored, positions), onLive });
    } finally {
      await cursor.close();
    }
  }

  async #carryOut<Result>(
    plan: Plan<Result>,
    metadata: Metadata,
    takingUp?: TakingUp,
  ): Promise<PlanOutcome<Result>> {
    if (this.state !== "idle")
      throw new DaqError("usage", "The engine is carrying out a plan already.", {
        hint: "Wait for it, or make a second engine for other devices.",
      });
    const options = this.#options;
    const session = new Session({
      ...options,
      subscribers: this.#subscribers,
      metadata: { ...options.metadata, ...metadata },
    });
    this.#subscribers.reset();
    this.#sinceCheckpoint = [];
    this.#gate.begin(session);
    // Until devices are asked, an abort has nothing to clean up.
    const progress = { live: takingUp === undefined };
    try {
      await this.#gate.untilAllIsWell(session);
      const first =
        takingUp === undefined ? plan.next() : await this.#takeUp(plan, session, takingUp, progress);
      const result = await this.#drive(plan, first, session, takingUp !== undefined);
      return await this.#succeeded(result, session);
    } catch (error) {
      if (error instanceof Interruption)
        return await this.#ended(error, progress.live ? plan : undefined, session);
      await this.#failed(error, session);
      throw error;
    } finally {
      this.#gate.end();
    }
  }

  /**
   * Stops what moves and holds the plan. After `resume` it goes on from its last checkpoint, with the axes back where they
   * were then. `"at checkpoint"`: holds at the next one instead, and nothing is done twice.
   */
  pause(when: "now" | "at checkpoint" = "now"): void {
    this.#gate.pause(when);
  }

  /** Ends a pause. A plan that waits for a condition goes on waiting for it. */
  resume(): void {
    this.#gate.resume();
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
    const { session } = this.#gate;
    if (session === undefined) return;
    session.interrupt(interruption);
    // At once, also while a writer takes its time.
    void session.stopMoving().then((problems) => problems.map((problem) => this.#options.warn(problem)));
    this.#gate.wake();
  }

  /** Goes through the plan with recorded answers. Gives its first step that devices have carried out, or will. */
  async #takeUp<Result>(
    plan: Plan<Result>,
    session: Session,
    { replay, onLive }: TakingUp,
    progress: { live: boolean },
  ): Promise<IteratorResult<Message, Result>> {
    let step = plan.next();
    while (!step.done) {
      const recorded = await replay.answer(step.value);
      if (recorded === undefined) break;
      step = plan.next(recorded.value);
      if (performance.now() - this.#turnStarted > turnMilliseconds) await this.#yield();
      if (session.signal.aborted) await this.#gate.hold(session);
    }
    const reached = replay.reached;
    await onLive(reached.numbers, session.signal);
    for (;;)
      try {
        await session.takeUp(reached);
        break;
      } catch (error) {
        if (!isPause(error)) throw error;
        await this.#gate.hold(session);
      }
    progress.live = true;
    this.#sinceCheckpoint = [...reached.again];
    return step;
  }

  /** `again`: what followed the checkpoint is carried out again before the first step. */
  async #drive<Result>(
    plan: Plan<Result>,
    firstStep: IteratorResult<Message, Result>,
    session: Session,
    again: boolean,
  ): Promise<Result> {
    let step = firstStep;
    let isAgain = again;
    let first: unknown;
    while (!step.done) {
      let answer: unknown;
      try {
        answer = await this.#answer(step.value, session, isAgain);
        if (step.value.rewind === "checkpoint") first = undefined;
      } catch (error) {
        if (error instanceof Interruption) throw error;
        // What failed beside the plan has interrupted it once; that it goes on is the plan's decision.
        if (session.signal.reason === error) session.renew();
        // What the plan does next, it does with axes that stand still.
        for (const problem of await session.stopMoving()) this.#options.warn(problem);
        step = this.#tellPlan(plan, error, first);
        first ??= error;
        continue;
      } finally {
        isAgain = false;
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
  async #answer(message: Message, session: Session, again: boolean): Promise<unknown> {
    this.#sinceCheckpoint.push(message);
    this.#gate.current = message;
    let todo: readonly Message[] = again ? [...this.#sinceCheckpoint] : [message];
    let rewind = false;
    let answer: unknown;
    for (;;)
      try {
        if (rewind) await session.rewind();
        rewind = false;
        for (const each of todo) {
          // A pause that came with the end of a point is not to take that point again.
          if (each.rewind !== "checkpoint") session.signal.throwIfAborted();
          const pending = session.carryOut(each);
          answer = pending instanceof Promise ? await pending : pending;
          if (performance.now() - this.#turnStarted > turnMilliseconds) await this.#yield();
        }
        todo = [];
        if (message.rewind === undefined) return answer;
        if (this.#pauseBeginsAt(message, session)) {
          await this.#gate.hold(session);
          rewind = true;
          continue;
        }
        if (message.rewind === "checkpoint" && this.#gate.hasSuspenders)
          await this.#gate.untilNextPoint(session);
        return answer;
      } catch (error) {
        if (!isPause(error)) throw error;
        await this.#gate.hold(session);
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
    return this.#gate.pausesAfter(message);
  }

  async #succeeded<Result>(result: Result, session: Session): Promise<PlanOutcome<Result>> {
    this.#gate.beginEnding();
    if (session.hasOpenRun) await session.close("success", "");
    for (const problem of await session.putAway()) this.#options.warn(problem);
    return { exitStatus: "success", reason: "", runs: session.runs, result };
  }

  async #failed(error: unknown, session: Session): Promise<void> {
    this.#gate.beginEnding();
    if (session.signal.aborted) session.renew();
    await this.#finish("fail", wordsOf(error), session);
    for (const problem of await session.putAway()) this.#options.warn(problem);
  }

  /** First what moves, then the documents, then the rest, which may take its time. `plan`: what has to clean up. */
  async #ended<Result>(
    interruption: Interruption,
    plan: Plan<Result> | undefined,
    session: Session,
  ): Promise<PlanOutcome<Result>> {
    this.#gate.beginEnding();
    session.renew();
    await this.#finish("abort", interruption.message, session);
    if (interruption.kind === "halt") {
      for (const problem of await session.makeSafe()) this.#options.warn(problem);
    } else {
      if (plan !== undefined) await cleanUp(plan, session);
      for (const problem of await session.putAway()) this.#options.warn(problem);
    }
    return { exitStatus: "abort", reason: interruption.message, runs: session.runs };
  }

  async #finish(status: ExitStatus, reason: string, session: Session): Promise<void> {
    for (const problem of await session.stopMoving()) this.#options.warn(problem);
    if (!session.hasOpenRun) return;
    await session.close(status, reason).catch((error: unknown) => this.#options.warn(wordsOf(error)));
  }
}
