import type { FrameProducing, Monitorable, Movable, Readable } from "../devices/capabilities.ts";
import type { Clock } from "../devices/contract.ts";
import { systemClock } from "../devices/system-clock.ts";
import type { ExitStatus } from "../documents/run-stop.ts";
import type { Metadata } from "../model/metadata.ts";
import { checkPatience } from "./check-patience.ts";
import type { FramePlace } from "./recorded-run.ts";

export type RunEngineOptions = {
  /** Read before the first and after the last event of each run, into the stream `baseline`. */
  readonly baseline?: readonly Readable[];
  /** Each change that these tell during a run is an event of a stream of its own, `${id}_monitor`. */
  readonly monitors?: readonly Monitorable[];
  /** In the start document of every run. */
  readonly metadata?: Metadata;
  /** Longest wait for an answer: a reading, a position, a setting. Default: 10. */
  readonly answerSeconds?: number;
  /** Longest wait for what takes its time: a move, a measurement, making ready. Default: 300. */
  readonly actionSeconds?: number;
  /** Longest wait for a subscriber to take a document. Default: 60. */
  readonly subscriberSeconds?: number;
  readonly clock?: Clock;
  /** Where the frames of a device are kept; without it no document says which frame belongs to which event. */
  readonly framePlace?: (device: FrameProducing) => FramePlace | undefined;
  /** One line for the person who watches: a device did not obey while the run was ended, or the plan has to wait. */
  readonly warn?: (message: string) => void;
};

/** What a plan came to. A plan that failed rejects instead; its stop document says why, too. */
export type PlanOutcome<Result> = {
  readonly exitStatus: Exclude<ExitStatus, "fail">;
  /** Why it was ended; empty after a success. */
  readonly reason: string;
  /** The runs that it opened. */
  readonly runs: readonly string[];
  /** What the plan returned; absent when it was ended. */
  readonly result?: Result;
};

export type TakeUpOptions = {
  /** Where axes were before the run, for a plan that asks and does not write it down. */
  readonly positions?: ReadonlyMap<Movable, number>;
  /**
   * Devices are asked after this. `numbers`: the last event of each stream that stays as it was recorded. `signal`: the plan is
   * ended. What it rejects with, `takeUp` rejects with, and nothing was emitted.
   */
  readonly onLive?: (numbers: ReadonlyMap<string, number>, signal: AbortSignal) => void | Promise<void>;
};

/** `suspended`: the plan waits for a condition; `paused`: for `resume`. */
export type EngineState = "idle" | "running" | "pausing" | "paused" | "suspended" | "ending";

/** Throws `DaqError("usage")` for times that cannot be waited. */
export function withDefaults(options: RunEngineOptions): Required<RunEngineOptions> {
  const complete = {
    baseline: [],
    monitors: [],
    metadata: {},
    answerSeconds: 10,
    actionSeconds: 300,
    subscriberSeconds: 60,
    clock: systemClock,
    framePlace: () => undefined,
    warn: () => {},
    ...options,
  };
  for (const key of ["answerSeconds", "actionSeconds", "subscriberSeconds"] as const)
    checkPatience(key, complete[key]);
  return complete;
}
