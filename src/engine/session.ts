import {
  can,
  type Device,
  type Guarded,
  type Movable,
  type Readable,
  type Stageable,
} from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import { answerOf, Status } from "../devices/status.ts";
import { composeRun } from "../documents/compose-run.ts";
import type { RunStart } from "../documents/run-start.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import { DaqError } from "../model/errors.ts";
import type { Metadata } from "../model/metadata.ts";
import type { Readings } from "../model/reading.ts";
import type { Interruption } from "./interruption.ts";
import { RecordedRun } from "./recorded-run.ts";
import type { Subscribers } from "./subscribers.ts";

export type SessionOptions = {
  readonly clock: Clock;
  readonly subscribers: Subscribers;
  readonly baseline: readonly Readable[];
  readonly metadata: Metadata;
  /** Longest wait for an answer: a reading, a position, a setting. */
  readonly answerSeconds: number;
  /** Longest wait for something that takes its time: a move, a measurement, making ready. */
  readonly actionSeconds: number;
  /** Longest wait for a subscriber to take a document. */
  readonly subscriberSeconds: number;
};

type Checkpoint = {
  readonly targets: ReadonlyMap<Movable, number>;
  readonly numbers: ReadonlyMap<string, number>;
};

/** Time that devices have to obey a stop; more is not waited for. */
const obeySeconds = 0.1;

/** What messages act on: one plan's devices, its waits, and its open run. */
export class Session {
  readonly #options: SessionOptions;
  #interrupt = new AbortController();
  /** A subscriber is not interrupted in the middle of a document, except by a halt. */
  readonly #halt = new AbortController();
  readonly #groups = new Map<string, Status[]>();
  readonly #moving = new Map<Movable, Status>();
  /** Where each axis was before the plan moved it, and where it was sent last. */
  readonly #origins = new Map<Movable, number>();
  readonly #targets = new Map<Movable, number>();
  readonly #staged = new Set<Stageable & Device>();
  readonly #touched = new Set<Device>();
  readonly #runs: string[] = [];
  #checkpoint: Checkpoint = { targets: new Map(), numbers: new Map() };
  #run: RecordedRun | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  get runs(): readonly string[] {
    return this.#runs;
  }

  get hasOpenRun(): boolean {
    return this.#run !== undefined;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** Ends whatever is waited for, at once. */
  interrupt(interruption: Interruption): void {
    this.#interrupt.abort(interruption);
    if (interruption.kind === "halt") this.#halt.abort(interruption);
  }

  /** After an interruption: waits are possible again. */
  renew(): void {
    this.#interrupt = new AbortController();
  }

  /** One answer of a device, or an error that names it. */
  ask<Answer>(
    device: Device,
    action: string,
    call: (signal: AbortSignal) => Promise<Answer>,
    timeoutSeconds = this.#options.answerSeconds,
  ): Promise<Answer> {
    this.#touched.add(device);
    return answerOf(device.id, action, call, { timeoutMs: timeoutSeconds * 1000, signal: this.signal });
  }

  /** Like `ask`, for what takes its time. */
  act(device: Device, action: string, call: (signal: AbortSignal) => Promise<void>, timeoutSeconds?: number) {
    return this.ask(device, action, call, timeoutSeconds ?? this.#options.actionSeconds);
  }

  /** Begins something that `wait` ends. */
  begin(group: string, device: Device, action: string, call: (signal: AbortSignal) => Promise<void>): Status {
    this.#touched.add(device);
    const status = new Status(device.id, action, (async () => call(this.signal))());
    const others = this.#groups.get(group);
    if (others === undefined) this.#groups.set(group, [status]);
    else others.push(status);
    return status;
  }

  async beginMove(group: string, device: Movable, target: number): Promise<void> {
    if (!this.#origins.has(device)) this.#origins.set(device, await this.position(device));
    this.#move(group, device, target);
  }

  #move(group: string, device: Movable, target: number): void {
    const action = `the move to ${target}${device.axis.unit === null ? "" : ` ${device.axis.unit}`}`;
    const status = this.begin(group, device, action, (signal) => device.moveTo(target, signal));
    this.#targets.set(device, target);
    this.#moving.set(device, status);
  }

  async wait(group: string, timeoutSeconds = this.#options.actionSeconds): Promise<void> {
    const patience = { timeoutMs: timeoutSeconds * 1000, signal: this.signal };
    const statuses = this.#groups.get(group) ?? [];
    this.#groups.delete(group);
    // The first failure ends the waiting, whichever device it is.
    await Promise.all(statuses.map((status) => status.wait(patience)));
    for (const [device, status] of this.#moving) if (status.state === "done") this.#moving.delete(device);
  }

  position(device: Movable): Promise<number> {
    return this.ask(device, "its position", (signal) => device.position(signal));
  }

  read(device: Readable, timeoutSeconds?: number): Promise<Readings> {
    return this.ask(device, "a reading", (signal) => device.read(signal), timeoutSeconds);
  }

  async stage(device: Stageable & Device): Promise<void> {
    this.#staged.add(device);
    await this.act(device, "being made ready", (signal) => device.stage(signal));
  }

  async unstage(device: Stageable & Device): Promise<void> {
    this.#staged.delete(device);
    await this.act(device, "being put away", (signal) => device.unstage(signal));
  }

  get run(): RecordedRun {
    if (this.#run === undefined)
      throw new DaqError("usage", "No run is open: an event needs one.", { hint: "Open a run first." });
    return this.#run;
  }

  get openRun(): RecordedRun | undefined {
    return this.#run;
  }

  async open(plan: Partial<RunStart>): Promise<string> {
    if (this.#run !== undefined)
      throw new DaqError("usage", "A run was opened inside another one.", {
        hint: "Close the first one; plans that are part of others leave the run to them.",
      });
    const { clock, metadata } = this.#options;
    const composed = composeRun({ startedAtNs: clock.nowNs(), metadata, plan });
    this.#run = new RecordedRun(
      composed,
      clock,
      (name, doc) => this.#hand(name, doc),
      (device, action, call) => this.ask(device, action, call),
    );
    this.#runs.push(composed.start.uid);
    await this.#run.open();
    await this.#readBaseline(this.#run);
    return composed.start.uid;
  }

  #hand: ConstructorParameters<typeof RecordedRun>[2] = (name, doc) => {
    const { subscribers, subscriberSeconds } = this.#options;
    const signal = name === "stop" ? new AbortController().signal : this.#halt.signal;
    return subscribers.hand(name, doc, subscriberSeconds * 1000, signal);
  };

  async #readBaseline(run: RecordedRun): Promise<void> {
    if (this.#options.baseline.length === 0) return;
    run.create("baseline");
    for (const device of this.#options.baseline) run.add(device, await this.read(device));
    await run.save();
  }

  /** The baseline is read again after a success only: a device that failed is not asked another time. */
  async close(status: ExitStatus, reason: string): Promise<void> {
    const run = this.run;
    if (status === "success") {
      if (run.hasOpenEvent)
        throw new DaqError("usage", "A run was closed with an event that was not saved.", {
          hint: "Save it, or do not create it.",
        });
      await this.#readBaseline(run);
    }
    this.#run = undefined;
    await run.close(status, reason);
  }

  checkpoint(): void {
    if (this.#run?.hasOpenEvent)
      throw new DaqError("usage", "A checkpoint was made while an event was open.", {
        hint: "Save the event first: after a pause it would be begun again in the middle.",
      });
    this.#checkpoint = { targets: new Map(this.#targets), numbers: this.#run?.numbers() ?? new Map() };
  }

  /** Brings axes back to where they were at the checkpoint, and forgets what was measured since. */
  async rewind(): Promise<void> {
    this.#run?.rewind(this.#checkpoint.numbers);
    for (const device of this.#targets.keys())
      this.#move("rewind", device, this.#checkpoint.targets.get(device) ?? this.#origins.get(device)!);
    await this.wait("rewind");
  }

  /** Tells all that moves to stop, and waits for that a moment. Returns what did not obey. */
  async stopMoving(): Promise<string[]> {
    // Also those whose move failed: that a driver gave up does not mean that the axis stands.
    const moving = [...this.#moving].filter(([, { state }]) => state !== "done");
    this.#moving.clear();
    this.#groups.clear();
    return this.#tell(
      moving.map(([device, status]) => [
        device,
        "the stop",
        async (signal) => {
          await device.stop();
          // How the movement ended does not matter, only that it did: it may be moved again next.
          await status.wait({ timeoutMs: obeySeconds * 1000, signal }).catch(() => {});
        },
      ]),
    );
  }

  /** Puts away what is still staged. Returns what failed. */
  async putAway(): Promise<string[]> {
    const staged = [...this.#staged].reverse();
    const problems: string[] = [];
    for (const device of staged)
      await this.unstage(device).catch((error: Error) => problems.push(error.message));
    return problems;
  }

  /** Every device that the plan touched, into its safe state. Returns what did not obey. */
  makeSafe(): Promise<string[]> {
    const guarded = [...this.#touched].filter((device): device is Guarded => can(device, "guarded"));
    return this.#tell(
      guarded.map((device) => [device, "its safe state", (signal: AbortSignal) => device.makeSafe(signal)]),
    );
  }

  async #tell(
    orders: readonly (readonly [Device, string, (signal: AbortSignal) => Promise<void>])[],
  ): Promise<string[]> {
    const signal = new AbortController().signal;
    const answers = orders.map(([device, action, call]) =>
      answerOf(device.id, action, call, { timeoutMs: obeySeconds * 1000, signal }),
    );
    const outcomes = await Promise.allSettled(answers);
    return outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [(outcome.reason as Error).message] : [],
    );
  }

  settingsChanged(device: Device): void {
    this.#run?.settingsChanged(device);
  }
}
