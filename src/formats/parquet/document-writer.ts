import { TableDocumentWriter, type TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
import { parquetFormat } from "./format.ts";

/** Writes the events of one run into Parquet files, in the caller's process. */
export class ParquetDocumentWriter extends TableDocumentWriter {
  /** The files are made with the first batch, or at the end. */
  static create(path: string, options: TableDocumentWriterOptions = {}): ParquetDocumentWriter {
    return new ParquetDocumentWriter(parquetFormat, path, options);
  }
}
