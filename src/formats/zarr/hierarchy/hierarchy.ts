import { DaqError } from "../../../model/errors.ts";
import type { Store } from "../../../stores/contract.ts";
import type { ZarrFormat } from "./array-spec.ts";
import { type Attributes, documentBytes, type NodeDocument } from "./attributes.ts";
import { consolidatedDocument } from "./consolidated.ts";
import { type Fields, isFields, parseDocument } from "./document-fields.ts";
import { groupDocuments } from "./group-documents.ts";
import { listDocuments } from "./list-documents.ts";
import { checkNodePath, keyIn, parentsOf } from "./node-path.ts";
import { readNode } from "./read-node.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** The groups and arrays of one store, as documents in it. Keeps nothing itself: several processes may add to it. */
export class Hierarchy {
  readonly format: ZarrFormat;
  /** The root's documents, as they were when it was made or opened. */
  readonly root: readonly NodeDocument[];
  readonly #store: Store;

  private constructor(store: Store, format: ZarrFormat, attributes: Attributes) {
    this.#store = store;
    this.format = format;
    this.root = groupDocuments(format, "", attributes);
  }

  /** Makes the root. Throws `DaqError("path")` where something is already. */
  static async create(store: Store, format: ZarrFormat, attributes: Attributes): Promise<Hierarchy> {
    const taken = new DaqError("path", `${store.url} is not empty; nothing was written.`, {
      hint: "Choose another path, or open what is there with ZarrWriter.open.",
    });
    for await (const _object of store.list("")) throw taken;
    const hierarchy = new Hierarchy(store, format, attributes);
    if (!(await hierarchy.#add(hierarchy.root))) throw taken;
    return hierarchy;
  }

  /** Throws `DaqError("path")` where there is no hierarchy. */
  static async open(store: Store): Promise<Hierarchy> {
    const root = await readNode(store, "");
    if (root?.kind === "group") return new Hierarchy(store, root.format, root.attributes);
    throw new DaqError("path", `There is no Zarr group at ${store.url}.`, {
      hint: "Look at the path; a new one is made by ZarrWriter.create.",
    });
  }

  /** Makes a group and those that it is in; resolves with what it put. Throws `DaqError("path")` where something is already. */
  async addGroup(path: string, attributes: Attributes): Promise<readonly NodeDocument[]> {
    checkNodePath(path);
    const parents = await this.#addParents(path);
    return [
      ...parents,
      ...(await this.#addNode("group", path, groupDocuments(this.format, path, attributes))),
    ];
  }

  /** Makes an array and the groups that it is in; resolves with what it put. Throws `DaqError("path")` where something is already. */
  async addArray(array: ZarrArray): Promise<readonly NodeDocument[]> {
    const parents = await this.#addParents(array.path);
    return [...parents, ...(await this.#addNode("array", array.path, array.documents()))];
  }

  /** Throws `DaqError("path")` where there is none. */
  async readArray(path: string): Promise<ZarrArray> {
    checkNodePath(path);
    const node = await readNode(this.#store, path);
    if (node?.kind === "array") return node.array;
    throw new DaqError("path", `There is no array "${path}" in ${this.#store.url}.`, {
      hint: "Create it first, or look at its name: `daq inspect` lists the arrays.",
    });
  }

  /**
   * Adds attributes to those of a node ("" is the root), in place of those with the same names. Nothing else in its
   * documents changes, whoever wrote them. Resolves with what it put.
   */
  async setAttributes(path: string, attributes: Attributes): Promise<readonly NodeDocument[]> {
    if (path !== "") checkNodePath(path);
    const names = this.format === 3 ? ["zarr.json"] : [".zarray", ".zgroup"];
    const found = await Promise.all(names.map((name) => this.#read(keyIn(path, name))));
    const node = found.find((fields) => fields !== undefined);
    if (node === undefined)
      throw new DaqError("path", `There is no array or group "${path}" in ${this.#store.url}.`, {
        hint: "Create it first.",
      });
    await this.forgetConsolidated();
    if (this.format === 2) {
      const key = keyIn(path, ".zattrs");
      const value = { ...((await this.#read(key)) as Attributes | undefined), ...attributes };
      await this.#put([{ key, value }]);
      return [{ key, value }];
    }
    const { consolidated_metadata: _older, ...fields } = node;
    const older = isFields(fields.attributes) ? (fields.attributes as Attributes) : {};
    const value = { ...(fields as Attributes), attributes: { ...older, ...attributes } };
    const document = { key: keyIn(path, "zarr.json"), value };
    await this.#put([document]);
    return [document];
  }

  /** Replaces the documents of an array that is there. */
  async replaceArray(array: ZarrArray): Promise<void> {
    await this.forgetConsolidated();
    await this.#put(array.documents());
  }

  /** All documents, as they are in the store now. */
  documents(): Promise<readonly NodeDocument[]> {
    return listDocuments(this.#store, this.format);
  }

  /** Tells readers of all nodes in one document. */
  async consolidate(): Promise<void> {
    await this.#put([consolidatedDocument(this.format, await this.documents())]);
  }

  /** Before a node is added or changed: readers would not look for it any more. */
  async forgetConsolidated(): Promise<void> {
    if (this.format === 2) return this.#store.delete(".zmetadata");
    const root = await this.#read("zarr.json");
    if (root === undefined) return;
    const { consolidated_metadata: older, ...value } = root;
    if (older !== undefined) await this.#put([{ key: "zarr.json", value: value as Attributes }]);
  }

  async #addParents(path: string): Promise<readonly NodeDocument[]> {
    const made: NodeDocument[] = [];
    for (const parent of parentsOf(path)) {
      const node = await readNode(this.#store, parent);
      if (node?.kind === "array")
        throw new DaqError("path", `"${path}" would be within the array "${parent}".`, {
          hint: "Only groups hold other nodes: choose another name.",
        });
      // Another process may make it at the same time: either is as good.
      if (node !== undefined) continue;
      const documents = groupDocuments(this.format, parent, {});
      if (await this.#add(documents)) made.push(...documents);
    }
    return made;
  }

  async #addNode(
    kind: string,
    path: string,
    documents: readonly NodeDocument[],
  ): Promise<readonly NodeDocument[]> {
    await this.forgetConsolidated();
    const isFree = (await readNode(this.#store, path)) === undefined;
    if (isFree && (await this.#add(documents))) return documents;
    throw new DaqError("path", `"${path}" exists already in ${this.#store.url}; no ${kind} was made.`, {
      hint: "Choose another name, or open the store with ZarrWriter.open to write into what is there.",
    });
  }

  /** False when the node is there already: of several processes one makes it. */
  async #add(documents: readonly NodeDocument[]): Promise<boolean> {
    await this.#put(documents.slice(0, -1));
    const last = documents.at(-1)!;
    return this.#store.putIfAbsent(last.key, [documentBytes(last)]);
  }

  async #read(key: string): Promise<Fields | undefined> {
    const bytes = await this.#store.get(key);
    return bytes === undefined ? undefined : parseDocument(`${this.#store.url}/${key}`, bytes);
  }

  async #put(documents: readonly NodeDocument[]): Promise<void> {
    for (const document of documents) await this.#store.put(document.key, [documentBytes(document)]);
  }
}
