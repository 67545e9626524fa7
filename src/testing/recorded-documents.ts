import type { NamedDocument } from "../documents/document.ts";
import { DocumentOrder } from "../documents/document-order.ts";
import type { Subscriber } from "../engine/subscribers.ts";

/** Keeps all documents of an engine, and throws at the first that is damaged or out of place. */
export class RecordedDocuments {
  readonly all: NamedDocument[] = [];
  #order = new DocumentOrder();

  readonly take: Subscriber = (name, doc) => {
    if (this.#order.complete) this.#order = new DocumentOrder();
    this.#order.accept(name, doc);
    this.all.push({ name, doc } as unknown as NamedDocument);
  };

  /** The last run has its stop document. */
  get complete(): boolean {
    return this.#order.complete;
  }

  of<Name extends NamedDocument["name"]>(name: Name): Extract<NamedDocument, { name: Name }>["doc"][] {
    return this.all.filter((document) => document.name === name).map(({ doc }) => doc) as never;
  }

  /** The values of a quantity, event after event. */
  values(key: string): unknown[] {
    return this.of("event").flatMap(({ data }) => (Object.hasOwn(data, key) ? [data[key]] : []));
  }
}
