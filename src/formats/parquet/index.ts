/** Writing documents into Parquet files. Streams are written by `loadFormat("parquet")`, or by a recorder. */
export type { TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
export { ParquetDocumentWriter } from "./document-writer.ts";
