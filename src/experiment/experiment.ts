import type { Config } from "../config/config.ts";
import type { DeviceSet } from "../devices/device-set.ts";
import type { Plan } from "../engine/plan.ts";
import type { RunEngine } from "../engine/run-engine.ts";
import type { PlanOutcome } from "../engine/run-engine-options.ts";
import type { Metadata } from "../model/metadata.ts";
import type { FilesBeside } from "../run/recording.ts";
import type { RunHooks, RunReport } from "../run/run-contract.ts";
import type { InterruptedRun } from "./interrupted/interrupted-run.ts";

export type ExperimentHooks = RunHooks & {
  /** Into the start document of every run, beside the keys of `[experiment]`. */
  readonly metadata?: Metadata;
  /** Each frame before it goes to the ring: borrowed, complete. */
  readonly onFrame?: (id: string, frame: Uint8Array) => void;
  /** Asked before the files of a run are made: what the caller is going to write beside them. */
  readonly filesBeside?: () => FilesBeside | undefined;
  /** A run is taken up: so many of its records are in its new files. */
  readonly onCopying?: (copied: number, of: number) => void;
  /** The files of a run are closed. */
  readonly onReport?: (report: RunReport) => void;
};

/** The devices of a configuration, and an engine whose runs go into the files that the configuration says. */
export interface Experiment extends AsyncDisposable {
  readonly config: Config;
  /** Connected. */
  readonly devices: DeviceSet;
  /** Each run that it opens is recorded into files of its own. */
  readonly engine: RunEngine;
  /**
   * Goes on with a run whose process died, into files of the same names: what was recorded is copied into them, up to the last
   * checkpoint, and the plan goes on from there. The files of the interrupted part stay, in a folder beside them. Rejects like
   * `RunEngine.takeUp`; then the record is whole, and may be taken up another time.
   */
  takeUp<Result>(plan: Plan<Result>, run: InterruptedRun): Promise<PlanOutcome<Result>>;
  /** One for each run that ended and had something to store. */
  readonly reports: readonly RunReport[];
  /** Resolves when the files of all runs that ended are closed. Rejects with the first failure to close them. */
  settled(): Promise<readonly RunReport[]>;
  /** Runs are over, their files are closed, and are still brought to their store. */
  readonly isUploading: boolean;
  /** Waits for no store any more: what is not there yet stays in the spool, for `daq upload`. */
  stopUploads(): void;
  /** Gives up draining: what the rings still hold stays there, for `daq recover`. */
  giveUp(): void;
  /** Ends the plan that goes on, closes the files, and lets go of the devices. Idempotent. */
  close(): Promise<void>;
}
