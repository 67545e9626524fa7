import type { Movable, Readable } from "../devices/capabilities.ts";
import { checkTarget } from "../devices/check-target.ts";
import { timeKeyOf } from "../documents/compose-event.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { RunStart } from "../documents/run-start.ts";
import { sameInJson } from "../documents/same-in-json.ts";
import { DaqError } from "../model/errors.ts";
import { toJson } from "../model/metadata.ts";
import type { Reading, Readings, ReadingValue } from "../model/reading.ts";
import type { Message } from "./plan.ts";
import type { RecordedCursor, RecordedEvent } from "./recorded-cursor.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Reached } from "./session.ts";

/** The record has no answer to a message: from here on devices have to be asked. */
class EndOfRecord extends Error {}

function refuse(problem: string): never {
  throw new DaqError("usage", `The run cannot be taken up again with this plan: ${problem}.`, {
    hint: "Call the same plan with the same arguments. It has to do the same again, and may decide only by what its events hold.",
  });
}

/** Goes through a plan with the answers that a run recorded; no device is touched. */
export class Replay implements Rehearsal {
  readonly #cursor: RecordedCursor;
  readonly #positions: ReadonlyMap<Movable, number>;
  /** Streams whose events the plan does not take itself. */
  readonly #apart = new Set(["baseline"]);
  readonly #numbers = new Map<string, number>();
  readonly #targets = new Map<Movable, number>();
  readonly #lasting = new Map<string, Message>();
  #checkpoint = {
    numbers: new Map<string, number>(),
    targets: new Map<Movable, number>(),
    lasting: [] as readonly Message[],
  };
  #again: Message[] = [];
  #opened = false;
  #bundle: { readonly recorded: RecordedEvent; readonly read: Set<string> } | undefined;
  #lastNs: bigint | undefined;

  constructor(cursor: RecordedCursor, monitored: readonly string[], positions: ReadonlyMap<Movable, number>) {
    this.#cursor = cursor;
    for (const stream of monitored) this.#apart.add(stream);
    this.#positions = positions;
  }

  /** The recorded answer; undefined: there is none, and the plan goes on with its devices from here. */
  async answer(message: Message): Promise<{ readonly value: unknown } | undefined> {
    await this.#cursor.fill(this.#apart);
    let value: unknown;
    try {
      value = message.rehearse?.(this);
    } catch (error) {
      if (!(error instanceof EndOfRecord)) throw error;
      // What is never done twice is where a pause would go back to; with the event saved nothing before it is missing.
      if (message.rewind === "once" && this.#bundle === undefined) this.#reach();
      return undefined;
    }
    if (message.lasting !== undefined) {
      this.#lasting.delete(message.lasting);
      this.#lasting.set(message.lasting, message);
    }
    if (message.rewind === undefined) this.#again.push(message);
    else this.#reach();
    return { value };
  }

  #reach(): void {
    this.#again = [];
    this.#checkpoint = {
      numbers: new Map(this.#numbers),
      targets: new Map(this.#targets),
      lasting: [...this.#lasting.values()],
    };
  }

  /** `again`: what has to be done again, after the checkpoint. */
  get reached(): Reached & { readonly again: readonly Message[] } {
    const { start, streams } = this.#cursor;
    if (!this.#opened) refuse("it opens no run");
    const recorded = new Map([...streams].map(([name, { last }]) => [name, last]));
    const numbers = new Map(this.#checkpoint.numbers);
    for (const name of this.#apart) numbers.set(name, recorded.get(name) ?? 0);
    // The one after the last event is still to be taken.
    numbers.set("baseline", Math.min(1, recorded.get("baseline") ?? 0));
    return {
      start: start!,
      descriptors: new Map([...streams].map(([name, { descriptor }]) => [name, descriptor])),
      numbers,
      recorded,
      targets: this.#checkpoint.targets,
      lasting: this.#checkpoint.lasting,
      again: this.#again,
      lastNs: this.#lastNs ?? timeOf(start!),
    };
  }

  /** What goes on beyond the record: nothing of it may be left. */
  #end(problem: string): never {
    if (!this.#opened) refuse(`${problem}, before it opens the run`);
    if (this.#cursor.next !== undefined) {
      const { stream, event } = this.#cursor.next;
      return refuse(`${problem}, but event ${event.seq_num} of ${stream} was recorded next`);
    }
    throw new EndOfRecord();
  }

  openRun(plan: Partial<RunStart>): string {
    const { start } = this.#cursor;
    if (start === undefined)
      throw new DaqError("usage", "There is nothing recorded that could be taken up again.", {
        hint: "Carry out the plan as a new run.",
      });
    if (this.#opened) refuse("it opens a second run, and the record has one");
    // Arguments of many kilobytes are left out of files; the events tell whether the plan is the same.
    for (const [key, value] of Object.entries(plan))
      if (!(key === "plan_args" && start.plan_args === undefined) && !sameInJson(value, start[key]))
        refuse(`its ${key} is ${brief(value)}, recorded was ${brief(start[key])}`);
    this.#opened = true;
    return start.uid;
  }

  closeRun(): void {
    this.#end("it closes the run");
  }

  move(device: Movable, target: number): void {
    checkTarget(device, target);
    this.#targets.set(device, target);
  }

  /** Where an axis was before the run: from the plan's arguments, where it wrote that down. */
  position(device: Movable): number {
    const given = this.#positions.get(device);
    if (given !== undefined && !this.#targets.has(device)) return given;
    const origins = this.#cursor.start?.plan_args?.origins;
    const origin =
      typeof origins === "object" && origins !== null && Object.hasOwn(origins, device.id)
        ? (origins as Record<string, unknown>)[device.id]
        : undefined;
    if (!this.#opened && typeof origin === "number") return origin;
    return this.#end(`it asks where ${device.id} is, which was not recorded`);
  }

  create(stream: string): void {
    const { next } = this.#cursor;
    if (next === undefined) throw new EndOfRecord();
    if (next.stream !== stream || next.event.seq_num !== (this.#numbers.get(stream) ?? 0) + 1)
      refuse(
        `it takes event ${(this.#numbers.get(stream) ?? 0) + 1} of ${stream}, recorded was event ${next.event.seq_num} of ${next.stream}`,
      );
    this.#bundle = { recorded: next, read: new Set() };
  }

  read(device: Readable): Readings {
    if (this.#bundle === undefined)
      return this.#end(`it reads ${device.id} outside an event, which was not recorded`);
    const { descriptor, event } = this.#bundle.recorded;
    const keys = descriptor.object_keys?.[device.id];
    if (!Array.isArray(keys))
      refuse(`it reads ${device.id} for event ${event.seq_num} of ${descriptor.name}`);
    this.#bundle.read.add(device.id);
    return readingsOf(keys as readonly string[], descriptor, event);
  }

  save(): void {
    if (this.#bundle === undefined)
      throw new DaqError("usage", "An event was saved that was never created.", { hint: "Create it first." });
    const { recorded, read } = this.#bundle;
    const { descriptor, event, stream } = recorded;
    const missing = Object.keys(descriptor.object_keys ?? {}).find((id) => !read.has(id));
    if (missing !== undefined) refuse(`it does not read ${missing} for event ${event.seq_num} of ${stream}`);
    for (const [device, target] of this.#targets) {
      const recordedTarget = read.has(device.id) ? event.data[`${device.id}_setpoint`] : undefined;
      if (recordedTarget !== undefined && recordedTarget !== null && recordedTarget !== target)
        refuse(
          `${device.id} goes to ${target} for event ${event.seq_num} of ${stream}, recorded was ${String(recordedTarget)}`,
        );
    }
    this.#numbers.set(stream, event.seq_num);
    this.#lastNs = timeOf(event);
    this.#bundle = undefined;
    this.#cursor.next = undefined;
  }

  drop(): void {
    if (this.#bundle === undefined) return;
    const { stream, event } = this.#bundle.recorded;
    refuse(`it forgets event ${event.seq_num} of ${stream}, which was recorded`);
  }

  monitor(stream: string): void {
    this.#apart.add(stream);
  }

  moment(): bigint {
    const { next, start } = this.#cursor;
    return next === undefined ? (this.#lastNs ?? timeOf(start ?? { time: 0 })) : timeOf(next.event);
  }
}

function timeOf({
  time,
  time_ns,
  data,
}: {
  time: number;
  time_ns?: number | bigint;
  data?: Event["data"];
}): bigint {
  const exact = time_ns ?? data?.time_ns;
  return typeof exact === "bigint" || typeof exact === "number"
    ? BigInt(exact)
    : BigInt(Math.round(time * 1e6)) * 1000n;
}

function brief(value: unknown): string {
  const text = value === undefined ? "nothing" : toJson(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What an event holds of one device, as the device gave it. */
function readingsOf(keys: readonly string[], { data_keys }: EventDescriptor, event: Event): Readings {
  const readings: Record<string, Reading> = {};
  for (const key of keys) {
    const { time_of, external, dtype } = data_keys[key]!;
    if (time_of !== undefined || external !== undefined) continue;
    const held = event.data[key] as ReadingValue;
    const exact = event.data[timeKeyOf(key)];
    readings[key] = {
      // JSON has NaN and the infinities as texts.
      value: dtype === "number" && typeof held === "string" ? Number(held) : held,
      timestampNs:
        typeof exact === "bigint" || typeof exact === "number"
          ? BigInt(exact)
          : BigInt(Math.round((event.timestamps[key] ?? event.time) * 1e6)) * 1000n,
    };
  }
  return readings;
}
