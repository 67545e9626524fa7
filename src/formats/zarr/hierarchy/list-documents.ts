import type { Store } from "../../../stores/contract.ts";
import type { ZarrFormat } from "./array-spec.ts";
import type { Attributes, NodeDocument } from "./attributes.ts";
import { isFields, parseDocument } from "./document-fields.ts";

const documentNames: Readonly<Record<ZarrFormat, ReadonlySet<string>>> = {
  2: new Set([".zarray", ".zgroup", ".zattrs"]),
  3: new Set(["zarr.json"]),
};

/**
 * All metadata of a hierarchy as it is in the store, without what an earlier consolidation put into it. Looks through all
 * keys, chunks' too: a store of a million objects takes a thousand requests.
 */
export async function listDocuments(store: Store, format: ZarrFormat): Promise<readonly NodeDocument[]> {
  const documents: NodeDocument[] = [];
  for await (const { key } of store.list("")) {
    if (!documentNames[format].has(key.slice(key.lastIndexOf("/") + 1))) continue;
    const bytes = await store.get(key);
    if (bytes === undefined) continue; // Deleted meanwhile.
    const { consolidated_metadata: _older, ...value } = parseDocument(`${store.url}/${key}`, bytes);
    documents.push({ key, value: value as Attributes });
  }
  return documents;
}

/** The paths of the arrays that have this attribute. */
export function arraysWithAttribute(documents: readonly NodeDocument[], name: string): readonly string[] {
  const byKey = new Map(documents.map(({ key, value }) => [key, value]));
  const paths: string[] = [];
  for (const { key, value } of documents) {
    const path = key.slice(0, Math.max(key.lastIndexOf("/"), 0));
    const isArray = key.endsWith("/.zarray") || (key.endsWith("/zarr.json") && value.node_type === "array");
    const attributes = key.endsWith("/.zarray") ? byKey.get(`${path}/.zattrs`) : value.attributes;
    if (isArray && isFields(attributes) && Object.hasOwn(attributes, name)) paths.push(path);
  }
  return paths;
}
