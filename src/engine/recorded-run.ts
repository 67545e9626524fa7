import { can, type Device, type Parameterised, type Readable } from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import type { ComposedDescriptor } from "../documents/compose-event.ts";
import type { ComposedRun, DescribedDevice } from "../documents/compose-run.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import { DaqError } from "../model/errors.ts";
import type { Readings } from "../model/reading.ts";

/** Asks a device, with the patience of the step. */
export type Ask = <Answer>(
  device: Device,
  action: string,
  call: (signal: AbortSignal) => Promise<Answer>,
) => Promise<Answer>;

export type Emit = <Name extends DocumentName>(name: Name, doc: Documents[Name]) => Promise<void>;

type Stream = {
  /** Devices of its events, in their order. */
  devices: readonly Readable[];
  composed: ComposedDescriptor | undefined;
  /** Number of the last event. */
  last: number;
};

type Bundle = {
  readonly stream: string;
  readonly devices: Readable[];
  readonly readings: Record<string, Readings[string]>;
};

/** A run that is open: its streams, and the event that is being put together. */
export class RecordedRun {
  readonly #composed: ComposedRun;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #ask: Ask;
  readonly #streams = new Map<string, Stream>();
  #bundle: Bundle | undefined;

  constructor(composed: ComposedRun, clock: Clock, emit: Emit, ask: Ask) {
    this.#composed = composed;
    this.#clock = clock;
    this.#emit = emit;
    this.#ask = ask;
  }

  get uid(): string {
    return this.#composed.start.uid;
  }

  get hasOpenEvent(): boolean {
    return this.#bundle !== undefined;
  }

  open(): Promise<void> {
    return this.#emit("start", this.#composed.start);
  }

  create(stream: string): void {
    if (this.#bundle !== undefined)
      throw new DaqError(
        "usage",
        `An event of stream ${stream} was created inside one of ${this.#bundle.stream}.`,
        {
          hint: "Save the first one before the next is created.",
        },
      );
    this.#bundle = { stream, devices: [], readings: {} };
  }

  /** Adds readings to the event; without an open event they belong to the plan alone. */
  add(device: Readable, readings: Readings): void {
    if (this.#bundle === undefined) return;
    if (this.#bundle.devices.includes(device))
      throw new DaqError(
        "usage",
        `${device.id} was read twice for one event of stream ${this.#bundle.stream}.`,
        {
          hint: "An event has one value of each quantity: save it before the device is read again.",
        },
      );
    this.#bundle.devices.push(device);
    Object.assign(this.#bundle.readings, readings);
  }

  async save(): Promise<void> {
    if (this.#bundle === undefined)
      throw new DaqError("usage", "An event was saved that was never created.", { hint: "Create it first." });
    const { stream: name, devices, readings } = this.#bundle;
    const stream = this.#streams.get(name) ?? { devices, composed: undefined, last: 0 };
    this.#streams.set(name, stream);
    stream.composed ??= await this.#describe(name, stream.devices);
    const event = stream.composed.composeEvent(readings, this.#clock.nowNs(), stream.last + 1);
    await this.#emit("event", event);
    stream.last++;
    this.#bundle = undefined;
  }

  /** Drops the event that was begun. */
  drop(): void {
    this.#bundle = undefined;
  }

  async #describe(name: string, devices: readonly Readable[]): Promise<ComposedDescriptor> {
    const described: DescribedDevice[] = [];
    for (const device of devices) {
      const quantities = await this.#ask(device, "its description", (signal) => device.describe(signal));
      described.push({
        id: device.id,
        quantities,
        ...(can(device, "parameterised") ? { settings: await this.#settingsOf(device) } : {}),
      });
    }
    const composed = this.#composed.composeDescriptor(name, described, this.#clock.nowNs());
    await this.#emit("descriptor", composed.descriptor);
    return composed;
  }

  async #settingsOf(device: Parameterised): Promise<NonNullable<DescribedDevice["settings"]>> {
    return {
      quantities: await this.#ask(device, "its parameters", (signal) => device.describeParameters(signal)),
      readings: await this.#ask(device, "its parameters", (signal) => device.readParameters(signal)),
    };
  }

  /** The device was set differently: its streams get a new descriptor with their next event. */
  settingsChanged(device: Device): void {
    for (const stream of this.#streams.values())
      if (stream.devices.some((other) => (other as Device) === device)) stream.composed = undefined;
  }

  /** The numbers of the streams, to come back to. */
  numbers(): ReadonlyMap<string, number> {
    return new Map([...this.#streams].map(([name, { last }]) => [name, last]));
  }

  /** Points after these numbers are taken again, under the same numbers. */
  rewind(numbers: ReadonlyMap<string, number>): void {
    this.drop();
    for (const [name, stream] of this.#streams) stream.last = numbers.get(name) ?? 0;
  }

  close(status: ExitStatus, reason: string): Promise<void> {
    const accounts = [...this.#streams].map(([stream, { composed, last }]) => {
      const produced = composed?.events ?? last;
      return { stream, produced, stored: produced, lost: 0, ranges: [] };
    });
    const stop = this.#composed.composeStop(status, reason, this.#clock.nowNs(), {
      complete: true,
      accounts,
    });
    return this.#emit("stop", stop);
  }
}
