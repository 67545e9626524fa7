import {
  can,
  type Device,
  type FrameProducing,
  type Movable,
  type Readable,
} from "../../devices/capabilities.ts";
import { checkTarget } from "../../devices/check-target.ts";
import type { Status } from "../../devices/status.ts";
import { addMetadata } from "../../engine/messages/add-metadata.ts";
import { closeRun } from "../../engine/messages/close-run.ts";
import { declareStream } from "../../engine/messages/declare-stream.ts";
import { openRun } from "../../engine/messages/open-run.ts";
import { stage } from "../../engine/messages/stage.ts";
import { unstage } from "../../engine/messages/unstage.ts";
import { wait } from "../../engine/messages/wait.ts";
import type { Message, Plan } from "../../engine/plan.ts";
import { DaqError } from "../../model/errors.ts";
import type { Metadata } from "../../model/metadata.ts";
import type { Readings } from "../../model/reading.ts";
import type { DeviceType } from "./device-types.ts";
import { findDevice } from "./find-device.ts";
import type { FrameStatistics } from "./frame.ts";
import type { Laboratory } from "./laboratory.ts";
import { recordReading } from "./record-reading.ts";
import { ScriptPlan } from "./script-plan.ts";
import { statisticsOf } from "./statistics-of.ts";

export type SessionFacts = {
  /** What the run is called after: the script. */
  readonly name: string;
  /** Ids of the devices that the text of the script names; their streams are there from the start of the run. */
  readonly named: readonly string[];
};

/** What a running script has at its command: its devices, and the run that keeps what it acquires. */
export class ScriptSession {
  readonly plan: ScriptPlan;
  readonly #laboratory: Laboratory;
  readonly #facts: SessionFacts;
  readonly #made = new Set<Device>();
  readonly #moving = new Map<Movable, Status>();
  /** Axes that did not come to where they were sent, and why; the script does not know yet. */
  readonly #stopped = new Map<Movable, string>();
  readonly #statistics = new Map<string, FrameStatistics>();
  /** Devices with a stream in the run that is open. */
  #declared: ReadonlySet<Device> | undefined;

  constructor(laboratory: Laboratory, facts: SessionFacts) {
    this.#laboratory = laboratory;
    this.#facts = facts;
    this.plan = new ScriptPlan(this.#putAway());
  }

  ask<Result>(plan: Plan<Result>): Promise<Result> {
    return this.plan.ask(this.#stoppingAxes(plan));
  }

  /** When a call fails, whatever moves is stopped: the script goes on with axes that stand still, and is told which. */
  *#stoppingAxes<Result>(plan: Plan<Result>): Plan<Result> {
    try {
      return yield* plan;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#moving.size > 0) yield stopMoving;
      for (const [axis, { state }] of this.#moving) {
        if (state === "done") continue;
        this.#moving.delete(axis);
        this.#stopped.set(axis, reason);
      }
      throw error;
    }
  }

  /** A device by its id. One that comes when the run is open is read into its stream, and made ready, at once. */
  *make(type: DeviceType, id: string): Plan<Device> {
    const device = findDevice(this.#laboratory.devices, type, id);
    if (this.#declared !== undefined && !this.#declared.has(device))
      throw new DaqError("usage", `${type.create}: ${id} has no stream in the run that is open.`, {
        hint: "Make it before the first acquisition, or write its id out, so that it is known when the run begins.",
      });
    if (this.#made.has(device)) return device;
    this.#made.add(device);
    if (this.#declared !== undefined) yield* this.#prepare(device);
    return device;
  }

  /** Ends the script's plan as aborted, with the reason in its documents. */
  abort(reason: string): void {
    this.#laboratory.engine.abort(reason);
  }

  *addMetadata(metadata: Metadata): Plan {
    if (this.#declared !== undefined)
      throw new DaqError("usage", "The run has begun: its metadata are written.", {
        hint: "Set metadata before the first acquisition.",
      });
    yield* addMetadata(metadata);
  }

  /** A measurement into the device's stream. */
  *acquire(device: Readable): Plan<Readings> {
    yield* this.#open();
    return yield* recordReading(device);
  }

  /** What a device was told shows in its stream, if there is a run. */
  *note(device: Device): Plan {
    if (this.#declared?.has(device) && can(device, "readable")) yield* recordReading(device);
  }

  /** Sends an axis on its way, after the way that it is on. */
  *beginMove(axis: Movable, target: number): Plan {
    yield* this.settle(axis);
    const status = (yield {
      command: "beginMove",
      words: () => `move ${axis.id} to ${target}`,
      carryOut: (engineSession) => {
        checkTarget(axis, target);
        return engineSession.beginMove(groupOf(axis), axis, target);
      },
    }) as Status;
    this.#moving.set(axis, status);
  }

  /** Waits until an axis is where it was sent. */
  *settle(axis: Movable): Plan {
    const reason = this.#stopped.get(axis);
    this.#stopped.delete(axis);
    if (reason !== undefined)
      throw new DaqError(
        "device",
        `${axis.id} was stopped on its way, because something else failed: ${reason}`,
        {
          hint: "It stays where it is until it is moved again.",
        },
      );
    if (!this.#moving.delete(axis)) return;
    yield* wait(groupOf(axis));
    yield* this.note(axis);
  }

  /** A plan with runs of its own. The script's run ends before it, and a new one begins with the next acquisition. */
  *inRunsOfItsOwn<Result>(plan: Plan<Result>): Plan<Result> {
    yield* this.finish();
    return yield* plan;
  }

  /** Axes come to rest, and the run that is open ends well. */
  *finish(): Plan {
    for (const axis of [...this.#moving.keys(), ...this.#stopped.keys()]) yield* this.settle(axis);
    if (this.#declared === undefined) return;
    const devices = [...this.#declared];
    this.#declared = undefined;
    yield* closeRun();
    yield* unstage(...devices.filter(isReadied));
  }

  /** Pixels of the frame that a camera has taken, before it goes. */
  readonly seeFrame = (id: string, frame: Uint8Array): void => {
    const device = this.#laboratory.devices.get(id);
    if (device === undefined || !can(device, "frame-producing")) return;
    this.#statistics.set(id, statisticsOf(device.frames.columns[0]!, frame));
  };

  /** Of the frame that a camera took last. */
  takeStatistics(camera: FrameProducing): FrameStatistics | undefined {
    const statistics = this.#statistics.get(camera.id);
    this.#statistics.delete(camera.id);
    return statistics;
  }

  *#open(): Plan {
    if (this.#declared !== undefined) return;
    const { name, named } = this.#facts;
    const known = named.flatMap((id) => this.#laboratory.devices.get(id) ?? []);
    const devices = new Set([...this.#made, ...known]);
    yield* openRun({ plan_name: "script", plan_args: { script: name } });
    this.#declared = devices;
    for (const device of devices) if (can(device, "readable")) yield* declareStream(device.id, [device]);
    for (const device of this.#made) yield* this.#prepare(device);
  }

  *#prepare(device: Device): Plan {
    if (isReadied(device)) yield* stage(device);
    // Where an axis stands belongs to all that is measured from here on.
    if (can(device, "movable") || can(device, "shutter")) yield* this.note(device);
  }

  /** Whatever happened: shutters that the script opened are closed, cameras are disarmed. */
  *#putAway(): Plan {
    yield* unstage(...this.#made);
  }
}

/** A script says itself when light comes: what can be unsafe is not made ready, only put away. */
function isReadied(device: Device): boolean {
  return !can(device, "guarded");
}

const stopMoving: Message = {
  command: "stopMoving",
  words: () => "stop whatever moves",
  carryOut: (session) => session.stopMoving(),
};

function groupOf({ id }: Movable): string {
  return `script: ${id}`;
}
