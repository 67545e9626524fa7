/** The file formats by name, each loaded when it is asked for, the contract that they keep, and where bytes go. */
export type { ByteSink, OpenSink } from "../bytes/byte-sink.ts";
export { openFileSink } from "../bytes/file-sink.ts";
export type {
  FileSummary,
  Format,
  FormatName,
  FormatOptions,
  FormatWriter,
  OutputFile,
  RecoveredFile,
  WriterState,
  WriterTarget,
} from "./contract.ts";
export { formatNames, formatOfPath, isFormatName, loadFormat } from "./registry.ts";
