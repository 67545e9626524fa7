/** The drivers by name, each loaded when it is asked for, the contract that they keep, and what one is built from. */
export {
  type CapabilitiesByName,
  type Capability,
  type ChangeObserver,
  type Connectable,
  can,
  capabilitiesOf,
  type Device,
  type Emitting,
  type Exposing,
  type FrameProducing,
  type Guarded,
  type Monitorable,
  type Movable,
  type Parameterised,
  type Readable,
  type Shutter,
  type Stageable,
  type Triggerable,
  type WavelengthSelective,
} from "./capabilities.ts";
export { checkTarget } from "./check-target.ts";
export { configuredSchema } from "./configured-schema.ts";
export type { Clock, Driver, FrameSource, SourceContext, SourceDriver, Surroundings } from "./contract.ts";
export { DeviceSet, type Having } from "./device-set.ts";
export { driverNames, loadDriver } from "./registry.ts";
export { fillSampleTimes, sampleOffsetNs } from "./sample-times.ts";
export { createOpticalBench, type OpticalBench, type OpticalBenchOptions } from "./sim/optical-bench.ts";
export { answerOf, type Patience, Status } from "./status.ts";
export { systemClock } from "./system-clock.ts";
