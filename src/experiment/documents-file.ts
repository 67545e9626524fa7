import type { DocumentName, Documents, NamedDocument } from "../documents/document.ts";
import type { RunStart } from "../documents/run-start.ts";
import { JsonlDocumentWriter } from "../formats/jsonl/jsonl-document-writer.ts";

/** In its name, in place of the index's `.run.json`. */
export const documentsEnding = ".documents.jsonl";

const mostWaiting = 1000;

/** All documents of a run as lines of JSON beside its files. They wait until the files have their names. */
export class DocumentsFile {
  readonly #durability: "process" | "power";
  #waiting: { readonly name: DocumentName; readonly doc: Documents[DocumentName] }[];
  #writer: JsonlDocumentWriter | undefined;

  constructor(start: RunStart, durability: "process" | "power") {
    this.#durability = durability;
    this.#waiting = [{ name: "start", doc: start }];
  }

  add<Name extends DocumentName>(name: Name, doc: Documents[Name]): void {
    this.#waiting.push({ name, doc });
  }

  async open(path: string): Promise<void> {
    this.#writer = await JsonlDocumentWriter.open(path, { durability: this.#durability });
  }

  /**
   * The documents of an earlier part of the run, behind its start: events up to the `numbers` of their streams, and what
   * belongs to them.
   */
  async takeOver(
    documents: AsyncIterable<NamedDocument>,
    numbers: ReadonlyMap<string, number>,
  ): Promise<void> {
    const streams = new Map<string, string>();
    const lastOf = (descriptor: string) => numbers.get(streams.get(descriptor) ?? "") ?? 0;
    for await (const { name, doc } of documents) {
      if (name === "descriptor") streams.set(doc.uid, doc.name ?? "primary");
      const isKept =
        name === "descriptor" ||
        name === "stream_resource" ||
        (name === "event" && doc.seq_num <= lastOf(doc.descriptor)) ||
        (name === "stream_datum" && doc.seq_nums.stop <= lastOf(doc.descriptor) + 1);
      if (isKept) this.#waiting.push({ name, doc });
      if (this.#waiting.length >= mostWaiting) await this.write(undefined);
    }
    await this.write(undefined);
  }

  /** Resolves when the lines are in the file, after `taken`. */
  async write(taken: void | Promise<void>): Promise<void> {
    await taken;
    if (this.#writer === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { name, doc } of waiting) await this.#writer.take(name, doc);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
