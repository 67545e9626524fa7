/** Documents of a run as lines of JSON. */
export { JsonlDocumentWriter, type JsonlDocumentWriterOptions } from "./jsonl-document-writer.ts";
export { readJsonlDocuments } from "./read-jsonl-documents.ts";
