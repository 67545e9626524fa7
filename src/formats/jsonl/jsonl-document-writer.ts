import type { ByteSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { ReadableDocuments, ReadableName } from "../../documents/document.ts";
import { encodeDocumentLine } from "../../documents/document-line.ts";

export type JsonlDocumentWriterOptions = {
  /** `power`: each document survives the death of the machine, not only the start and the end of each run. */
  readonly durability?: "process" | "power";
};

/**
 * Writes documents as lines, `{"name": …, "doc": …}` each. What was taken survives the death of the process; a run that is
 * over is flushed to the disk.
 */
export class JsonlDocumentWriter {
  readonly #sink: ByteSink;
  readonly #eachFlushed: boolean;

  private constructor(sink: ByteSink, { durability = "process" }: JsonlDocumentWriterOptions) {
    this.#sink = sink;
    this.#eachFlushed = durability === "power";
  }

  /** The file must not exist: `DaqError("path")`. */
  static async open(path: string, options: JsonlDocumentWriterOptions = {}): Promise<JsonlDocumentWriter> {
    return new JsonlDocumentWriter(await openFileSink(path, { inOrder: true }), options);
  }

  /** A subscriber of an engine. Resolves when the line is in the file. */
  readonly take = async (name: ReadableName, doc: ReadableDocuments[ReadableName]): Promise<void> => {
    await this.#sink.write(Buffer.from(encodeDocumentLine(name, doc)));
    if (this.#eachFlushed || name === "start" || name === "stop") await this.#sink.flush();
  };

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#sink.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
