import { TableDocumentWriter, type TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
import { csvFormat } from "./format.ts";

/** Writes the events of one run into CSV files, in the caller's process. */
export class CsvDocumentWriter extends TableDocumentWriter {
  /** The files are made with the first batch, or at the end. */
  static create(path: string, options: TableDocumentWriterOptions = {}): CsvDocumentWriter {
    return new CsvDocumentWriter(csvFormat, path, options);
  }
}
