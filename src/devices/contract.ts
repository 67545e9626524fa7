import type { FrameSink } from "../model/frame-sink.ts";
import type { Setting, SettingValues } from "../model/setting.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import type { Device } from "./capabilities.ts";

/** Reads the time; injected so that tests decide it. */
export interface Clock {
  /** UTC nanoseconds. */
  nowNs(): bigint;
  /** Resolves after `milliseconds`, or at once when `signal` aborts. Never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export type SourceContext = {
  readonly sink: FrameSink;
  readonly clock: Clock;
  /** Aborts when the run stops: finish the record in hand, stop the hardware, resolve. */
  readonly signal: AbortSignal;
  /** Records after which each stream of this source ends by itself; absent: until stopped. */
  readonly recordLimit?: number;
  /** One line for the person who watches: something is odd but the run goes on. */
  readonly warn: (message: string) => void;
};

/** A device that produces records on its own. */
export interface FrameSource {
  readonly id: string;
  /** Known before the first record; names are the device's id, or `id.part` where it has several. */
  readonly streams: readonly StreamSchema[];
  /**
   * Produces until stopped or until the source ends by itself. Everything that was produced has been written to the
   * sink when it resolves. Rejects with `DaqError("device")` when the source fails; what came before stays.
   */
  run(context: SourceContext): Promise<void>;
  /**
   * For a look before a run: throws `DaqError("device")` for what `run` would need and this machine does not have, such as a
   * program. Starts nothing, and asks no instrument.
   */
  checkHere?(): Promise<void>;
}

/** What the devices of one configuration share. */
export interface Surroundings {
  readonly clock: Clock;
  /**
   * The one thing of this name among the devices of a configuration; the first that asks makes it. Simulated devices find
   * the beam that they stand in, and real ones a bus that several of them are connected to.
   */
  shared<Part>(name: string, make: () => Part): Part;
}

/**
 * A driver: a name in the registry, the keys that it understands, and what it makes of them: a source that produces on its
 * own, for `daq record`; a device that does what a plan tells it, for `daq run`; or either. `settings` have passed the
 * definitions. Both throw `DaqError("config")` for combinations that cannot work, and reach for no hardware: a source
 * does that in `run`, a device in `connect`.
 */
export interface Driver {
  readonly name: string;
  readonly summary: string;
  readonly settings: readonly Setting[];
  create?(id: string, settings: SettingValues): FrameSource;
  createDevice?(id: string, settings: SettingValues, surroundings: Surroundings): Device;
}

/** A driver whose devices produce on their own. */
export type SourceDriver = Driver & Required<Pick<Driver, "create">>;
