import { open } from "node:fs/promises";
import type { NamedDocument } from "../../documents/document.ts";
import { parseDocumentLine } from "../../documents/document-line.ts";
import { linesOf } from "./lines-of.ts";

/**
 * The documents of a file, one after the other, each checked. Throws `DaqError("format")` at the first that is damaged. Lines
 * end with a line feed alone: a text may have Unicode's own line ends in it.
 */
export async function* readJsonlDocuments(path: string): AsyncGenerator<NamedDocument> {
  let startBytes = 0;
  for await (const { number, text, endBytes } of linesOf(path)) {
    // Other programs leave out the end of the last line.
    const line = text ?? (await readText(path, startBytes, endBytes));
    yield parseDocumentLine(line, `Line ${number} of ${path}`);
    startBytes = endBytes;
  }
}

async function readText(path: string, startBytes: number, endBytes: number): Promise<string> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(endBytes - startBytes),
      0,
      endBytes - startBytes,
      startBytes,
    );
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
