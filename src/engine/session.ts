import {
  can,
  type Device,
  type FrameProducing,
  type Guarded,
  type Monitorable,
  type Movable,
  type Readable,
  type Stageable,
} from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import { answerOf, type Status } from "../devices/status.ts";
import { type ComposedRun, composeRun, recomposeRun } from "../documents/compose-run.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { RunStart } from "../documents/run-start.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import { DaqError } from "../model/errors.ts";
import type { Metadata } from "../model/metadata.ts";
import type { Readings } from "../model/reading.ts";
import { Interruption, outranks } from "./interruption.ts";
import { monitorStreamOf } from "./monitored-stream.ts";
import { Movements } from "./movements.ts";
import { type EarlierStreams, type Emit, type FramePlace, RecordedRun } from "./recorded-run.ts";
import type { Subscribers } from "./subscribers.ts";
import { tellDevices } from "./tell-devices.ts";

export type SessionOptions = {
  readonly clock: Clock;
  readonly subscribers: Subscribers;
  readonly baseline: readonly Readable[];
  readonly monitors: readonly Monitorable[];
  readonly metadata: Metadata;
  readonly framePlace: (device: FrameProducing) => FramePlace | undefined;
  /** Longest wait for an answer: a reading, a position, a setting. */
  readonly answerSeconds: number;
  /** Longest wait for something that takes its time: a move, a measurement, making ready. */
  readonly actionSeconds: number;
  /** Longest wait for a subscriber to take a document. */
  readonly subscriberSeconds: number;
  /** One line for the person who watches. */
  readonly warn: (message: string) => void;
};

/** What a session can carry out. */
export type Step = {
  /** Longest wait, in place of the engine's. */
  readonly timeoutSeconds?: number;
  carryOut(session: Session): unknown;
};

/** What a run that was interrupted had reached: a session goes on from here. */
export type Reached = {
  readonly start: RunStart;
  /** The descriptors of the streams, and the numbers of their last events that stay. */
  readonly descriptors: ReadonlyMap<string, EventDescriptor>;
  readonly numbers: ReadonlyMap<string, number>;
  /** The highest numbers that there were. */
  readonly recorded: ReadonlyMap<string, number>;
  readonly targets: ReadonlyMap<Movable, number>;
  /** What devices have to be told, before the axes are moved back. */
  readonly lasting: readonly Step[];
  /** When the last event was taken. */
  readonly lastNs: bigint;
};

type Checkpoint = {
  readonly targets: ReadonlyMap<Movable, number>;
  readonly numbers: ReadonlyMap<string, number>;
};

/** What messages act on: one plan's devices, its waits, and its open run. */
export class Session {
  readonly #options: SessionOptions;
  #interrupt = new AbortController();
  /** A subscriber is not interrupted in the middle of a document, except by a halt. */
  readonly #halt = new AbortController();
  readonly #movements = new Movements();
  readonly #staged = new Set<Stageable & Device>();
  readonly #touched = new Set<Device>();
  readonly #runs: string[] = [];
  #checkpoint: Checkpoint = { targets: new Map(), numbers: new Map() };
  #run: RecordedRun | undefined;
  /** Documents go to the subscribers one after the other, also those of monitored devices. */
  #handed: Promise<unknown> = Promise.resolve();
  /** Patience of the step that is carried out, where it has one of its own. */
  #stepSeconds: number | undefined;
  /** A run that was taken up again: the time in which nothing was done. */
  #gap = { untilNs: 0n, lengthNs: 0n };
  #metadata: Metadata;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#metadata = options.metadata;
  }

  /** Into the start documents of the runs that are opened from now on. */
  addMetadata(metadata: Metadata): void {
    this.#metadata = { ...this.#metadata, ...metadata };
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

  warn(message: string): void {
    this.#options.warn(message);
  }

  /** Ends whatever is waited for, at once. `reason`: also an error of something beside the plan. */
  interrupt(reason: Error): void {
    if (this.signal.aborted && outranks(reason, this.signal.reason)) this.renew();
    this.#interrupt.abort(reason);
    if (reason instanceof Interruption && reason.kind === "halt") this.#halt.abort(reason);
  }

  carryOut(step: Step): unknown {
    this.#stepSeconds = step.timeoutSeconds;
    return step.carryOut(this);
  }

  /** Seconds since a moment, without the time in which a run that was taken up again lay still. */
  secondsSince(momentNs: bigint): number {
    const { untilNs, lengthNs } = this.#gap;
    return Number(this.clock.nowNs() - momentNs - (momentNs < untilNs ? lengthNs : 0n)) / 1e9;
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
    timeoutSeconds = this.#stepSeconds ?? this.#options.answerSeconds,
  ): Promise<Answer> {
    this.#touched.add(device);
    return answerOf(device.id, action, call, { timeoutMs: timeoutSeconds * 1000, signal: this.signal });
  }

  /** Like `ask`, for what takes its time. */
  act(device: Device, action: string, call: (signal: AbortSignal) => Promise<void>, timeoutSeconds?: number) {
    return this.ask(device, action, call, timeoutSeconds ?? this.#stepSeconds ?? this.#options.actionSeconds);
  }

  /** Begins something that `wait` ends. */
  begin(group: string, device: Device, action: string, call: (signal: AbortSignal) => Promise<void>): Status {
    this.#touched.add(device);
    return this.#movements.begin(group, device, action, call, this.signal);
  }

  async beginMove(group: string, device: Movable, target: number): Promise<Status> {
    if (!this.#movements.hasOrigin(device)) this.#movements.setOrigin(device, await this.position(device));
    this.#touched.add(device);
    return this.#movements.move(group, device, target, this.signal);
  }

  async wait(
    group: string,
    timeoutSeconds = this.#stepSeconds ?? this.#options.actionSeconds,
  ): Promise<void> {
    await this.#movements.wait(group, { timeoutMs: timeoutSeconds * 1000, signal: this.signal });
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
    const { clock, monitors } = this.#options;
    const run = this.#begin(composeRun({ startedAtNs: clock.nowNs(), metadata: this.#metadata, plan }));
    await run.open();
    await this.#readBaseline(run);
    for (const device of monitors) await run.monitor(device, monitorStreamOf(device));
    return run.uid;
  }

  #begin(composed: ComposedRun, earlier?: EarlierStreams): RecordedRun {
    const { clock, framePlace, answerSeconds } = this.#options;
    const run = new RecordedRun({
      composed,
      clock,
      framePlace,
      emit: this.#hand,
      ask: (device, action, call, signal) =>
        signal === undefined
          ? this.ask(device, action, call)
          : answerOf(device.id, action, call, { timeoutMs: answerSeconds * 1000, signal }),
      onFailure: (error) => {
        if (this.#run === run) this.interrupt(error);
        else this.warn(error.message);
      },
      ...(earlier === undefined ? {} : { earlier }),
    });
    this.#run = run;
    if (!this.#runs.includes(run.uid)) this.#runs.push(run.uid);
    return run;
  }

  /**
   * Goes on with a run that was interrupted: tells devices what they were told, and moves the axes back to where they were at
   * its last checkpoint. When that fails, the run is left as it was found.
   */
  async takeUp({ start, descriptors, numbers, recorded, targets, lasting, lastNs }: Reached): Promise<void> {
    const streams = new Map(
      [...descriptors].map(([name, descriptor]) => [name, { descriptor, last: recorded.get(name) ?? 0 }]),
    );
    const run = this.#begin(recomposeRun(start, streams), { descriptors, numbers });
    try {
      for (const step of lasting) await this.carryOut(step);
      this.#movements.resume(targets);
      this.#checkpoint = { targets, numbers };
      await this.rewind();
      if ((numbers.get("baseline") ?? 0) === 0) await this.#readBaseline(run);
      for (const device of this.#options.monitors) await run.monitor(device, monitorStreamOf(device));
    } catch (error) {
      this.#run = undefined;
      await run.endMonitors();
      throw error;
    }
    const untilNs = this.clock.nowNs();
    this.#gap = { untilNs, lengthNs: untilNs - lastNs };
  }

  #hand: Emit = (name, doc) => {
    const { subscribers, subscriberSeconds } = this.#options;
    const signal = name === "stop" ? new AbortController().signal : this.#halt.signal;
    const handed = this.#handed.then(() => subscribers.hand(name, doc, subscriberSeconds * 1000, signal));
    this.#handed = handed.catch(() => {});
    return handed;
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
      // Also when the plan mended it: what it measured since is not kept.
      this.#options.subscribers.throwIfFailed();
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
    this.#options.subscribers.checkpoint();
    this.#checkpoint = { targets: this.#movements.targets(), numbers: this.#run?.numbers() ?? new Map() };
  }

  /** Brings axes back to where they were at the checkpoint, and forgets what was measured since. */
  async rewind(): Promise<void> {
    this.#stepSeconds = undefined;
    this.#run?.rewind(this.#checkpoint.numbers);
    for (const device of this.#movements.moved) this.#touched.add(device);
    this.#movements.moveBack("rewind", this.#checkpoint.targets, this.signal);
    await this.wait("rewind");
  }

  /** Tells all that moves to stop, and waits for that a moment. Returns what did not obey. */
  stopMoving(): Promise<string[]> {
    return this.#movements.stop();
  }

  /** Puts away what is still staged. Returns what failed. */
  async putAway(): Promise<string[]> {
    this.#stepSeconds = undefined;
    const staged = [...this.#staged].reverse();
    const problems: string[] = [];
    for (const device of staged)
      await this.unstage(device).catch((error: Error) => problems.push(error.message));
    return problems;
  }

  /** Every device that the plan touched, into its safe state. Returns what did not obey. */
  makeSafe(): Promise<string[]> {
    const guarded = [...this.#touched].filter((device): device is Guarded => can(device, "guarded"));
    return tellDevices(
      guarded.map((device) => [device, "its safe state", (signal: AbortSignal) => device.makeSafe(signal)]),
    );
  }

  settingsChanged(device: Device): void {
    this.#run?.settingsChanged(device);
  }
}
