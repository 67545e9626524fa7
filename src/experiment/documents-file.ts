import type { DocumentName, Documents } from "../documents/document.ts";
import type { RunStart } from "../documents/run-start.ts";
import { JsonlDocumentWriter } from "../formats/jsonl/jsonl-document-writer.ts";

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
