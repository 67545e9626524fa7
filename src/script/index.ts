export { checkBoundScript } from "./bindings/check-bound-script.ts";
export type { Laboratory } from "./bindings/laboratory.ts";
export {
  runScript,
  type ScriptOutcome,
  type ScriptRunSettings,
  type ScriptToRun,
} from "./bindings/run-script.ts";
export type { ErrorKind } from "./errors/error-kind.ts";
export { ScriptError } from "./errors/script-error.ts";
export type { SourcePosition } from "./errors/source-text.ts";
export type { HostCall, HostFunction, HostParameter, HostResult } from "./host-function.ts";
export { defaultLimits, type Limits } from "./limits/limits.ts";
export { type EngineSettings, ScriptEngine } from "./script-engine.ts";
export { Float } from "./values/float.ts";
export { debugValue, showValue } from "./values/show-value.ts";
export type { HostProperty, HostType, Value } from "./values/value.ts";
