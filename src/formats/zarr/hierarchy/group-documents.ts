import type { ZarrFormat } from "./array-spec.ts";
import type { Attributes, NodeDocument } from "./attributes.ts";
import { keyIn } from "./node-path.ts";

/** The metadata of a group ("" is the root), in the order in which it is put: the group is there with the last one. */
export function groupDocuments(
  format: ZarrFormat,
  path: string,
  attributes: Attributes,
): readonly NodeDocument[] {
  if (format === 3)
    return [{ key: keyIn(path, "zarr.json"), value: { zarr_format: 3, node_type: "group", attributes } }];
  return [
    { key: keyIn(path, ".zattrs"), value: attributes },
    { key: keyIn(path, ".zgroup"), value: { zarr_format: 2 } },
  ];
}
