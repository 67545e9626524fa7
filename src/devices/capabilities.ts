import type { StreamSink } from "../model/frame-sink.ts";
import type { Quantities, Readings } from "../model/reading.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

/**
 * What a device can do, each thing by itself: a device that cannot do it does not have the method, and a plan that needs it
 * is refused before it starts. Each call that takes a `signal` gives up, and rejects, when it aborts; an engine does not
 * rely on that, it stops waiting by itself.
 */
export interface Device {
  /** Its name in a run. */
  readonly id: string;
}

/** Gives values when asked. */
export interface Readable extends Device {
  /** The same names as `read`; names begin with the device's id. */
  describe(signal: AbortSignal): Promise<Quantities>;
  /** Read now, not remembered: rejects when the device does not answer. A value that it does not have is null. */
  read(signal: AbortSignal): Promise<Readings>;
}

/** Who is told of changes. */
export type ChangeObserver = {
  /** All quantities of the device, each with the time when it took this value. */
  readonly changed: (readings: Readings) => void;
  /** What it says from now on is not known; the observation is over. */
  readonly failed: (error: Error) => void;
};

/** Tells its values by itself. */
export interface Monitorable extends Readable {
  /** Tells the values that it has, at once or as soon as it has some, and then each change. Returns what ends that. */
  subscribe(observer: ChangeObserver): () => void;
}

/** Has one axis that goes where it is told: a stage, a wavelength. Its readings hold set point and read-back. */
export interface Movable extends Readable {
  readonly axis: {
    readonly unit: string | null;
    /** Where it can go, in `unit`. */
    readonly limits?: readonly [low: number, high: number];
  };
  /** Resolves when it is there and has settled. Rejects, and does not move, outside the limits. */
  moveTo(target: number, signal: AbortSignal): Promise<void>;
  /** Where it is: the read-back. */
  position(signal: AbortSignal): Promise<number>;
  /** Ends a movement where it is; `moveTo` then rejects. Nothing happens when it does not move. */
  stop(): Promise<void>;
}

/** Takes a measurement when told, which `read` then gives. */
export interface Triggerable extends Device {
  /** Resolves when the measurement is complete. */
  trigger(signal: AbortSignal): Promise<void>;
}

/**
 * Takes a frame when triggered. Frames are too large for events: they go to a stream of their own, in order, and the event
 * has their number there, as the quantity `${id}_frame`; null for a frame that the device lost.
 */
export interface FrameProducing extends Readable, Triggerable {
  /** One array column. The stream's name is the device's id. */
  readonly frames: StreamSchema;
  /**
   * Where frames go from now on; undefined: nowhere, they are taken and dropped. `first`: the number of the next one there; 0
   * where it is absent.
   */
  sendFramesTo(sink: StreamSink | undefined, first?: number): void;
}

/** Collects light, charge or counts for a time that can be set. */
export interface Exposing extends Device {
  readonly exposureLimits: readonly [shortestSeconds: number, longestSeconds: number];
  setExposure(seconds: number, signal: AbortSignal): Promise<void>;
}

/** Has to be told the wavelength that it measures, to give the right value. */
export interface WavelengthSelective extends Device {
  setWavelength(nanometres: number, signal: AbortSignal): Promise<void>;
}

/** Blocks a beam. */
export interface Shutter extends Device {
  setOpen(open: boolean, signal: AbortSignal): Promise<void>;
}

/** Emits, and can be told not to. */
export interface Emitting extends Device {
  setEmission(on: boolean, signal: AbortSignal): Promise<void>;
}

/** Settings that stay the same from event to event: they go into the descriptor of a stream. */
export interface Parameterised extends Device {
  describeParameters(signal: AbortSignal): Promise<Quantities>;
  readParameters(signal: AbortSignal): Promise<Readings>;
}

/** Is made ready before a run and put away after it, whatever happened in between. */
export interface Stageable extends Device {
  stage(signal: AbortSignal): Promise<void>;
  /** Also for a device that was staged in part, or not at all. */
  unstage(signal: AbortSignal): Promise<void>;
}

/** Has a state in which nothing can happen: shutter closed, emission off. */
export interface Guarded extends Device {
  makeSafe(signal: AbortSignal): Promise<void>;
}

/** Is reached through something that has to be opened: a port, a socket, a card. Until then it is known, not asked. */
export interface Connectable extends Device {
  /** Also for one that is connected. */
  connect(signal: AbortSignal): Promise<void>;
  /** Leaves nothing open behind. Also for one that is not connected; never rejects. */
  disconnect(): Promise<void>;
}

export type CapabilitiesByName = {
  readonly readable: Readable;
  readonly monitorable: Monitorable;
  readonly movable: Movable;
  readonly triggerable: Triggerable;
  readonly "frame-producing": FrameProducing;
  readonly exposing: Exposing;
  readonly "wavelength-selective": WavelengthSelective;
  readonly shutter: Shutter;
  readonly emitting: Emitting;
  readonly parameterised: Parameterised;
  readonly stageable: Stageable;
  readonly guarded: Guarded;
  readonly connectable: Connectable;
};

export type Capability = keyof CapabilitiesByName;

const methods: { readonly [Name in Capability]: readonly Exclude<keyof CapabilitiesByName[Name], "id">[] } = {
  readable: ["describe", "read"],
  monitorable: ["subscribe"],
  movable: ["axis", "moveTo", "position", "stop"],
  triggerable: ["trigger"],
  "frame-producing": ["frames", "sendFramesTo"],
  exposing: ["exposureLimits", "setExposure"],
  "wavelength-selective": ["setWavelength"],
  shutter: ["setOpen"],
  emitting: ["setEmission"],
  parameterised: ["describeParameters", "readParameters"],
  stageable: ["stage", "unstage"],
  guarded: ["makeSafe"],
  connectable: ["connect", "disconnect"],
};

export function can<Name extends Capability>(device: Device, name: Name): device is CapabilitiesByName[Name] {
  return methods[name].every((method) => (method as string) in device);
}

export function capabilitiesOf(device: Device): readonly Capability[] {
  return (Object.keys(methods) as Capability[]).filter((name) => can(device, name));
}
