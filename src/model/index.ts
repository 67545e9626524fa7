/** The words of the data path: element types, schemas, batches, the loss ledger, errors. */
export type { Batch, ColumnValues } from "./batch.ts";
export {
  type DType,
  dtypeBytes,
  dtypes,
  isDType,
  isNumberDType,
  type NumberDType,
  numberDType,
  numberDTypes,
  type TypedArray,
  typedView,
} from "./dtype.ts";
export { type Element, elementReader } from "./element-reader.ts";
export { DaqError, type ErrorCode, errorCodes, exitCodeOf, exitCodes } from "./errors.ts";
export type { FrameSink, RecordsToWrite, Reservation, StreamSink } from "./frame-sink.ts";
export {
  isLossless,
  type Ledger,
  type LossReason,
  type LostRange,
  lossReasons,
  type StreamAccount,
} from "./ledger.ts";
export { type Metadata, type MetadataValue, toJson } from "./metadata.ts";
export { parseJson } from "./parse-json.ts";
export type { PayloadLayout } from "./payload-layout.ts";
export type { Quantities, Quantity, Reading, Readings, ReadingValue } from "./reading.ts";
export type { Run, RunInfo } from "./run.ts";
export type { Setting, SettingValues } from "./setting.ts";
export {
  type Column,
  columnItemBytes,
  indexColumns,
  isStreamName,
  parseStreamSchema,
  type StreamSchema,
} from "./stream-schema.ts";
export { mostTextBytes, putText, textProblem } from "./text-values.ts";
