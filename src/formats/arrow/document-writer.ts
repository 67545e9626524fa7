import { TableDocumentWriter, type TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
import { arrowFormat } from "./format.ts";

/** Writes the events of one run into Arrow files, in the caller's process. */
export class ArrowDocumentWriter extends TableDocumentWriter {
  /** The files are made with the first batch, or at the end. */
  static create(path: string, options: TableDocumentWriterOptions = {}): ArrowDocumentWriter {
    return new ArrowDocumentWriter(arrowFormat, path, options);
  }
}
