/**
 * The package's door: what a program needs that records, or follows a recording. The words of the data path, the
 * readers of each format and what tests need have doors of their own (`daq-storage/model`, `daq-storage/formats/arrow`,
 * `daq-storage/testing`, …).
 */
export type { Config, DeviceConfig, LoadedConfig, RingBufferConfig, StorageConfig } from "./config/config.ts";
export { type LoadConfigOptions, loadConfig } from "./config/load-config.ts";
export type { Clock, Driver, FrameSource, SourceContext } from "./devices/contract.ts";
export { driverNames, loadDriver } from "./devices/registry.ts";
export { systemClock } from "./devices/system-clock.ts";
export type { FileSummary, Format, FormatName, FormatOptions, FormatWriter } from "./formats/contract.ts";
export { formatNames, formatOfPath, isFormatName, loadFormat } from "./formats/registry.ts";
export type { Batch, ColumnValues } from "./model/batch.ts";
export { type DType, dtypes, type TypedArray, typedView } from "./model/dtype.ts";
export { DaqError, type ErrorCode, errorCodes, exitCodeOf, exitCodes } from "./model/errors.ts";
export type { FrameSink, RecordsToWrite, Reservation, StreamSink } from "./model/frame-sink.ts";
export {
  isLossless,
  type Ledger,
  type LossReason,
  type LostRange,
  type StreamAccount,
} from "./model/ledger.ts";
export type { Metadata, MetadataValue } from "./model/metadata.ts";
export type { Run, RunInfo } from "./model/run.ts";
export type { Column, StreamSchema } from "./model/stream-schema.ts";
export {
  Recorder,
  type RecorderHooks,
  type RecorderProgress,
  type RecorderResult,
} from "./recorder/recorder.ts";
export type { OutputOptions, RecorderOptions } from "./recorder/recorder-options.ts";
export {
  type RecorderOutcome,
  RecorderProcess,
  type RecorderProcessHooks,
} from "./recorder/recorder-process.ts";
export { type Recovery, recover } from "./recorder/recover-run.ts";
export { type OutputSummary, type RunEnd, type RunIndex, readRunIndex } from "./recorder/run-index.ts";
export { RingBuffer, type RingBufferOptions, type RingBufferSize } from "./ring/ring-buffer.ts";
export { type ReaderOptions, RingReader, type RingState } from "./ring/ring-reader.ts";
export type { RingRecord, StreamView } from "./ring/ring-record.ts";
export type { RingStream } from "./ring/ring-stream.ts";
export { type RingStatus, RingWriter } from "./ring/ring-writer.ts";
export type { ChannelConfig, StoredSamples } from "./run/comedi-channels.ts";
export {
  type ComediResult,
  ComediStreamWriter,
  type ComediStreamWriterOptions,
  type CompressionType,
  type StorageFormat,
} from "./run/comedi-stream-writer.ts";
export { Hdf5Writer, type Hdf5WriterOptions, type Hdf5WriterResult } from "./run/hdf5-writer.ts";
export { recordRun } from "./run/record-run.ts";
export type { RunHooks, RunLimits, RunProgress, RunReport } from "./run/run-contract.ts";
export type { Scans } from "./run/scan-columns.ts";
