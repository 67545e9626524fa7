import type { Store } from "../../stores/contract.ts";
import { documentBytes, type NodeDocument } from "./hierarchy/attributes.ts";

/** The metadata that this process made or read: where somebody deletes it meanwhile, it is put again. */
export class KnownDocuments {
  readonly #documents = new Map<string, NodeDocument>();

  know(documents: readonly NodeDocument[]): void {
    for (const document of documents) this.#documents.set(document.key, document);
  }

  /** Puts what is not in the store any more, and resolves with the paths of the nodes whose it is. */
  async restore(store: Store): Promise<readonly string[]> {
    const nodes = new Set<string>();
    for (const document of this.#documents.values()) {
      if ((await store.stat(document.key)) !== undefined) continue;
      await store.put(document.key, [documentBytes(document)]);
      nodes.add(document.key.slice(0, Math.max(0, document.key.lastIndexOf("/"))));
    }
    return [...nodes];
  }
}
