import type { FrameSink } from "../model/frame-sink.ts";
import type { Setting, SettingValues } from "../model/setting.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

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
}

/** A driver: a name in the registry, the keys that it understands, and how to make a source from them. */
export interface Driver {
  readonly name: string;
  readonly summary: string;
  readonly settings: readonly Setting[];
  /** `settings` have passed the definitions above. Throws `DaqError("config")` for combinations that cannot work. */
  create(id: string, settings: SettingValues): FrameSource;
}
