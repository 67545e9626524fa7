import type { Config } from "../config/config.ts";
import type { DeviceSet } from "../devices/device-set.ts";
import type { RunEngine } from "../engine/run-engine.ts";
import type { Metadata } from "../model/metadata.ts";
import type { RunHooks, RunReport } from "../run/run-contract.ts";

export type ExperimentHooks = RunHooks & {
  /** Into the start document of every run, beside the keys of `[experiment]`. */
  readonly metadata?: Metadata;
  /** Each frame before it goes to the ring: borrowed, complete. */
  readonly onFrame?: (id: string, frame: Uint8Array) => void;
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
  /** One for each run that ended and had something to store. */
  readonly reports: readonly RunReport[];
  /** Resolves when the files of all runs that ended are closed. Rejects with the first failure to close them. */
  settled(): Promise<readonly RunReport[]>;
  /** Gives up draining: what the rings still hold stays there, for `daq recover`. */
  giveUp(): void;
  /** Ends the plan that goes on, closes the files, and lets go of the devices. Idempotent. */
  close(): Promise<void>;
}
