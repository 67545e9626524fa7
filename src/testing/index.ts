/** For people who write a driver, a format or a store: the contract tests, and what stands in for a ring and a clock. */
export { type DeviceContractOptions, deviceContract } from "./device-contract.ts";
export {
  type FormatContractOptions,
  formatContract,
  type ReadBack,
  type RecordValue,
  type StreamValues,
} from "./format-contract.ts";
export { MemorySink, type MemorySinkOptions, type MemoryStream } from "./memory-sink.ts";
export { type RunOptions, runSource, type SourceRun, startSource } from "./run-source.ts";
export { SteppingClock } from "./stepping-clock.ts";
export { type StoreContractOptions, storeContract } from "./store-contract.ts";
export { withDefaults } from "./with-defaults.ts";
