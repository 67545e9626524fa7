/** From a ring into files: in this process or in one of its own, and again after a crash. */
export { Recorder, type RecorderHooks, type RecorderProgress, type RecorderResult } from "./recorder.ts";
export { journalPath, type OutputOptions, type RecorderOptions } from "./recorder-options.ts";
export { type RecorderOutcome, RecorderProcess, type RecorderProcessHooks } from "./recorder-process.ts";
export { type Recovery, recover } from "./recover-run.ts";
export { type OutputSummary, type RunEnd, type RunIndex, readRunIndex } from "./run-index.ts";
