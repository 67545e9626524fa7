import { TableDocumentWriter, type TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
import { hdf5Format } from "./format.ts";

/** Writes the events of one run into an HDF5 file, in the caller's process. */
export class Hdf5DocumentWriter extends TableDocumentWriter {
  /** The files are made with the first batch, or at the end. */
  static create(path: string, options: TableDocumentWriterOptions = {}): Hdf5DocumentWriter {
    return new Hdf5DocumentWriter(hdf5Format, path, options);
  }
}
