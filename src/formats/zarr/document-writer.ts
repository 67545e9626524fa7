import { TableDocumentWriter, type TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
import { zarrFormat } from "./format.ts";

/** Writes the events of one run into a Zarr hierarchy, in the caller's process. */
export class ZarrDocumentWriter extends TableDocumentWriter {
  /** The files are made with the first batch, or at the end. */
  static create(path: string, options: TableDocumentWriterOptions = {}): ZarrDocumentWriter {
    return new ZarrDocumentWriter(zarrFormat, path, options);
  }
}
