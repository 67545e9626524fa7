import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { NamedDocument } from "../../documents/document.ts";
import { parseDocumentLine } from "../../documents/document-line.ts";

/** The documents of a file, one after the other, each checked. Throws `DaqError("format")` at the first that is damaged. */
export async function* readJsonlDocuments(path: string): AsyncGenerator<NamedDocument> {
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  }))
    yield parseDocumentLine(line, `Line ${++number} of ${path}`);
}
