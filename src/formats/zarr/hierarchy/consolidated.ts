import type { ZarrFormat } from "./array-spec.ts";
import type { Attributes, NodeDocument } from "./attributes.ts";

/** Deeper nodes behind those that hold them, else by name: equal hierarchies give equal documents. */
function inOrder(documents: readonly NodeDocument[]): readonly NodeDocument[] {
  const depthOf = ({ key }: NodeDocument): number => key.split("/").length;
  return documents.toSorted(
    (one, other) => depthOf(one) - depthOf(other) || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0),
  );
}

/**
 * The one document that tells a reader of all nodes: in version 3 the root's own with `consolidated_metadata` in it, as
 * zarr-python 3 writes it; in version 2 `.zmetadata`. `documents` are those of all nodes, the root's among them.
 */
export function consolidatedDocument(format: ZarrFormat, documents: readonly NodeDocument[]): NodeDocument {
  if (format === 2) {
    const metadata = Object.fromEntries(inOrder(documents).map(({ key, value }) => [key, value]));
    return { key: ".zmetadata", value: { zarr_consolidated_format: 1, metadata } };
  }
  const root = documents.find(({ key }) => key === "zarr.json")!;
  const nodes = inOrder(documents.filter((document) => document !== root));
  const metadata = Object.fromEntries(
    nodes.map(({ key, value }) => [key.slice(0, -"/zarr.json".length), withEmptyConsolidation(value)]),
  );
  return {
    key: root.key,
    value: { ...root.value, consolidated_metadata: { kind: "inline", must_understand: false, metadata } },
  };
}

/** zarr-python 3 says of each group within that nothing more is to be looked for in its own document. */
function withEmptyConsolidation(value: Attributes): Attributes {
  return value.node_type === "group"
    ? { ...value, consolidated_metadata: { kind: "inline", must_understand: false, metadata: {} } }
    : value;
}
