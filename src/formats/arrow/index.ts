/** Reading Arrow IPC files, and writing documents into them. Streams are written by `loadFormat("arrow")`, or by a recorder. */
export type { TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
export { ArrowDocumentWriter } from "./document-writer.ts";
export { type ArrowBatch, ArrowReader } from "./read.ts";
