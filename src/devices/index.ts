/** The drivers by name, each loaded when it is asked for, the contract that they keep, and what one is built from. */
export { configuredSchema } from "./configured-schema.ts";
export type { Clock, Driver, FrameSource, SourceContext } from "./contract.ts";
export { driverNames, loadDriver } from "./registry.ts";
export { fillSampleTimes, sampleOffsetNs } from "./sample-times.ts";
export { systemClock } from "./system-clock.ts";
