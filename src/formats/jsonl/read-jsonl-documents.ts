import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { NamedDocument } from "../../documents/document.ts";
import { parseDocumentLine } from "../../documents/document-line.ts";

/** The documents of a file, one after the other, each checked. Throws `DaqError("format")` at the first that is damaged. */
export async function* readJsonlDocuments(path: string): AsyncGenerator<NamedDocument> {
  let number = 0;
  const input = createReadStream(path);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      yield parseDocumentLine(line, `Line ${++number} of ${path}`);
  } finally {
    // Whoever wanted only the first documents leaves it open.
    input.destroy();
  }
}
