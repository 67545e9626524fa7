/** The shared-memory ring: one producer, many readers with a place of their own. */
export type { ConsumerStatus } from "./consumer-slots.ts";
export { RingBuffer, type RingBufferOptions, type RingBufferSize } from "./ring-buffer.ts";
export {
  type OverflowMode,
  overflowModes,
  type ResolvedRingOptions,
  type RingOptions,
} from "./ring-options.ts";
export { type ReaderOptions, RingReader, type RingState } from "./ring-reader.ts";
export type { RingRecord, StreamView } from "./ring-record.ts";
export type { RingStream } from "./ring-stream.ts";
export { type RingStatus, RingWriter } from "./ring-writer.ts";
