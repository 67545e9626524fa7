/** Reading CSV files, and writing documents into them. Streams are written by `loadFormat("csv")`, or by a recorder. */
export type { TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
export { CsvDocumentWriter } from "./document-writer.ts";
export { type ReadRowsOptions, readRows } from "./read.ts";
