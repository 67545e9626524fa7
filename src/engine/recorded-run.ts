import {
  can,
  type Device,
  type FrameProducing,
  type Monitorable,
  type Parameterised,
  type Readable,
} from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import type { ComposedDescriptor } from "../documents/compose-event.ts";
import type { ComposedRun, DescribedDevice } from "../documents/compose-run.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import type { StreamResource } from "../documents/stream-resource.ts";
import { DaqError } from "../model/errors.ts";
import type { Quantities, Readings } from "../model/reading.ts";
import { MonitoredStream } from "./monitored-stream.ts";

/** Asks a device, with the patience of the step. With a `signal` the question is not the plan's: only that ends it. */
export type Ask = <Answer>(
  device: Device,
  action: string,
  call: (signal: AbortSignal) => Promise<Answer>,
  signal?: AbortSignal,
) => Promise<Answer>;

export type Emit = <Name extends DocumentName>(name: Name, doc: Documents[Name]) => Promise<void>;

/** Where the frames of a device are, in the words of a stream resource. */
export type FramePlace = Pick<StreamResource, "mimetype" | "uri" | "parameters"> & {
  /** Where the frame of a number is there, from 0: one that was lost has no place, and is undefined. Absent: none is lost. */
  readonly positionOf?: (frame: number) => number | undefined;
};

type Stream = {
  /** Devices of its events, in their order. */
  devices: readonly Readable[];
  composed: ComposedDescriptor | undefined;
  /** Number of the last event. */
  last: number;
  /** What brings events without the plan: they are not taken again after a pause. */
  monitored?: MonitoredStream;
};

/** A run that was interrupted: descriptors of its streams, and the numbers of the last events that stay. */
export type EarlierStreams = {
  readonly descriptors: ReadonlyMap<string, EventDescriptor>;
  readonly numbers: ReadonlyMap<string, number>;
};

export type RecordedRunOptions = {
  readonly composed: ComposedRun;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly ask: Ask;
  readonly framePlace: (device: FrameProducing) => FramePlace | undefined;
  /** Something beside the plan went wrong. */
  readonly onFailure: (error: Error) => void;
  readonly earlier?: EarlierStreams;
};

type FrameResource = { readonly uid: string; readonly place: FramePlace };

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
  readonly #framePlace: (device: FrameProducing) => FramePlace | undefined;
  readonly #resources = new Map<FrameProducing, FrameResource>();
  readonly #onFailure: (error: Error) => void;
  readonly #earlier: EarlierStreams;
  /** Ends what a monitored device is asked while the run is ended. */
  readonly #ending = new AbortController();
  #bundle: Bundle | undefined;

  constructor({ composed, clock, emit, ask, framePlace, onFailure, earlier }: RecordedRunOptions) {
    this.#framePlace = framePlace;
    this.#composed = composed;
    this.#clock = clock;
    this.#emit = emit;
    this.#ask = ask;
    this.#onFailure = onFailure;
    this.#earlier = earlier ?? { descriptors: new Map(), numbers: new Map() };
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

  /** Opens a stream before its first event. */
  async declare(name: string, devices: readonly Readable[]): Promise<void> {
    if (this.#streams.has(name))
      throw new DaqError("usage", `Stream ${name} was declared when it was open already.`, {
        hint: "Declare each stream once, before its first event.",
      });
    const stream = this.#newStream(name, devices);
    stream.composed = await this.#describe(name, devices);
    this.#streams.set(name, stream);
  }

  #newStream(name: string, devices: readonly Readable[]): Stream {
    return { devices, composed: undefined, last: this.#earlier.numbers.get(name) ?? 0 };
  }

  /** Opens a stream for the changes of a device: each that it tells is an event, while the plan goes on. */
  async monitor(device: Monitorable, name: string): Promise<void> {
    const known = this.#streams.get(name);
    if (known !== undefined && (known.monitored === undefined || !known.devices.includes(device)))
      throw new DaqError(
        "usage",
        `Stream ${name} cannot hold the changes of ${device.id}: others are in it.`,
        {
          hint: "Give the monitor a stream name of its own.",
        },
      );
    // Twice is once.
    await this.unmonitor(device);
    const stream = known ?? this.#newStream(name, [device]);
    stream.composed ??= await this.#describe(name, [device]);
    this.#streams.set(name, stream);
    stream.monitored = new MonitoredStream(
      device,
      (readings) => this.#saveChange(name, stream, readings),
      this.#onFailure,
    );
    stream.monitored.begin();
  }

  async unmonitor(device: Monitorable): Promise<void> {
    for (const { devices, monitored } of this.#streams.values())
      if ((devices[0] as Device) === device) await monitored?.end();
  }

  async #saveChange(name: string, stream: Stream, readings: Readings): Promise<void> {
    stream.composed ??= await this.#describe(name, stream.devices, this.#ending.signal);
    await this.#emit("event", stream.composed.composeEvent(readings, this.#clock.nowNs(), stream.last + 1));
    stream.last++;
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
    const stream = this.#streams.get(name) ?? this.#newStream(name, devices);
    if (stream.monitored !== undefined)
      throw new DaqError("usage", `An event was created in stream ${name}, which a device fills by itself.`, {
        hint: "Create events in a stream of another name.",
      });
    this.#streams.set(name, stream);
    stream.composed ??= await this.#describe(name, stream.devices);
    const event = stream.composed.composeEvent(readings, this.#clock.nowNs(), stream.last + 1);
    await this.#emit("event", event);
    await this.#placeFrames(stream, event);
    stream.last++;
    this.#bundle = undefined;
  }

  /** Says which frames belong to the event. */
  async #placeFrames(stream: Stream, event: Event): Promise<void> {
    for (const device of stream.devices) {
      if (!can(device, "frame-producing")) continue;
      const frame = event.data[`${device.id}_frame`];
      const resource = typeof frame === "number" ? await this.#resourceOf(device) : undefined;
      if (typeof frame !== "number" || resource === undefined) continue;
      const { positionOf } = resource.place;
      const position = positionOf === undefined ? frame : positionOf(frame);
      if (position === undefined) continue;
      const datum = this.#composed.composeStreamDatum({
        stream_resource: resource.uid,
        descriptor: event.descriptor,
        indices: { start: position, stop: position + 1 },
        seq_nums: { start: event.seq_num, stop: event.seq_num + 1 },
      });
      await this.#emit("stream_datum", datum);
    }
  }

  async #resourceOf(device: FrameProducing): Promise<FrameResource | undefined> {
    const known = this.#resources.get(device);
    const place = known === undefined ? this.#framePlace(device) : undefined;
    if (place === undefined) return known;
    const { mimetype, uri, parameters } = place;
    const document = this.#composed.composeStreamResource({ data_key: device.id, mimetype, uri, parameters });
    const resource = { uid: document.uid, place };
    this.#resources.set(device, resource);
    await this.#emit("stream_resource", document);
    return resource;
  }

  /** Drops the event that was begun. */
  drop(): void {
    this.#bundle = undefined;
  }

  async #describe(
    name: string,
    devices: readonly Readable[],
    apart?: AbortSignal,
  ): Promise<ComposedDescriptor> {
    const described: DescribedDevice[] = [];
    for (const device of devices) {
      const describe = (signal: AbortSignal) => device.describe(signal);
      const quantities = await this.#ask(device, "its description", describe, apart);
      const frames = can(device, "frame-producing") ? framesOf(device) : {};
      described.push({
        id: device.id,
        quantities: { ...quantities, ...frames },
        external: Object.keys(frames),
        ...(can(device, "parameterised") ? { settings: await this.#settingsOf(device, apart) } : {}),
      });
    }
    const earlier = this.#earlier.descriptors.get(name);
    const composed = this.#composed.composeDescriptor(name, described, this.#clock.nowNs(), earlier);
    if (composed.descriptor !== earlier) await this.#emit("descriptor", composed.descriptor);
    return composed;
  }

  async #settingsOf(
    device: Parameterised,
    apart: AbortSignal | undefined,
  ): Promise<NonNullable<DescribedDevice["settings"]>> {
    const describe = (signal: AbortSignal) => device.describeParameters(signal);
    const read = (signal: AbortSignal) => device.readParameters(signal);
    return {
      quantities: await this.#ask(device, "its parameters", describe, apart),
      readings: await this.#ask(device, "its parameters", read, apart),
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
    for (const [name, stream] of this.#streams)
      if (stream.monitored === undefined)
        stream.last = numbers.get(name) ?? this.#earlier.numbers.get(name) ?? 0;
  }

  /** Hears no change from now on. Resolves when those that were heard are events. */
  async endMonitors(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(({ monitored }) => monitored?.end()));
  }

  async close(status: ExitStatus, reason: string): Promise<void> {
    if (status !== "success") this.#ending.abort(new Error("the run was ended"));
    await this.endMonitors();
    const accounts = [...this.#composed.counts()].map(([stream, produced]) => ({
      stream,
      produced,
      stored: produced,
      lost: 0,
      ranges: [],
    }));
    const stop = this.#composed.composeStop(status, reason, this.#clock.nowNs(), {
      complete: true,
      accounts,
    });
    await this.#emit("stop", stop);
  }
}

/** The frames themselves, as a quantity: they are in a stream of their own. */
function framesOf({ id, frames }: FrameProducing): Quantities {
  const [column] = frames.columns;
  if (column === undefined) return {};
  const { dtype, shape, dims, unit = null } = column;
  return { [id]: { dtype, shape, dims, unit, source: frames.source } };
}
