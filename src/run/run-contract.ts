import type { DaqError } from "../model/errors.ts";
import type { RecorderProgress } from "../recorder/recorder.ts";
import type { RecorderOptions } from "../recorder/recorder-options.ts";
import type { RunIndex } from "../recorder/run-index.ts";
import type { UploadProgress } from "../upload/upload-watch.ts";
import type { UploadOutcome } from "./upload-process.ts";

export type RunProgress = {
  readonly phase: "recording" | "draining";
  readonly elapsedMs: number;
  readonly recorder: RecorderProgress;
  /** Undefined when the folder cannot be asked any more. */
  readonly diskFreeBytes: number | undefined;
  /** How long the recorder has not answered; absent while it does. `recorder` is then what it said last. */
  readonly silentMs?: number;
  /** Of a run to a store: what of it is there. */
  readonly upload?: UploadProgress;
};

export type RunHooks = {
  readonly onStart?: (plan: {
    readonly runUid: string;
    readonly ringPath: string;
    readonly recorder: RecorderOptions;
    readonly recorderPid: number | undefined;
    /** The data files, without their sidecars. */
    readonly files: readonly string[];
    /** The store that they go to from there. */
    readonly target?: string;
  }) => void;
  readonly onProgress?: (progress: RunProgress) => void;
  /** The run is over and its files are closed; what is told is how far they are at the store. */
  readonly onUploading?: (progress: UploadProgress) => void;
  readonly onWarning?: (message: string) => void;
  /** Something worth knowing that is nobody's fault. */
  readonly onNotice?: (message: string) => void;
};

export type RunLimits = {
  readonly durationMs?: number;
  /** Records after which each source ends. */
  readonly recordLimit?: number;
  /** Stops the sources; the ring is drained. */
  readonly stop: AbortSignal;
  /** Gives up draining. */
  readonly giveUp: AbortSignal;
};

export type RunReport = {
  readonly index: RunIndex;
  readonly indexPath: string;
  readonly seconds: number;
  readonly exitCode: number;
  /** What went wrong, the gravest first; empty for a good run. */
  readonly errors: readonly DaqError[];
  /** Of a run to a store. */
  readonly upload?: UploadOutcome & { readonly target: string };
};
