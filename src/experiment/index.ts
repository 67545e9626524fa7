/** Devices of a configuration, an engine, and files that hold what it did. */
export type { Experiment, ExperimentHooks } from "./experiment.ts";
export { type InterruptedRun, openInterruptedRun } from "./interrupted/interrupted-run.ts";
export { openExperiment } from "./open-experiment.ts";
