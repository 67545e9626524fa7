import type { ErrorCode } from "../model/errors.ts";
import type { RecorderProgress } from "./recorder.ts";
import type { RecorderOptions } from "./recorder-options.ts";
import type { RunIndex } from "./run-index.ts";

/** An error on its way between processes. */
export type SentError = { readonly code: ErrorCode; readonly message: string; readonly hint?: string };

export type ToRecorder =
  | { readonly type: "start"; readonly options: RecorderOptions }
  | { readonly type: "abort" };

export type FromRecorder =
  | { readonly type: "ready"; readonly resumed: boolean }
  | { readonly type: "progress"; readonly progress: RecorderProgress }
  | { readonly type: "failing"; readonly error: SentError }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "finished"; readonly index: RunIndex; readonly error?: SentError }
  | { readonly type: "error"; readonly error: SentError };
