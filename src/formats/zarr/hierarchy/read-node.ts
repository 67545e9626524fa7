import type { Store } from "../../../stores/contract.ts";
import type { ZarrFormat } from "./array-spec.ts";
import type { Attributes } from "./attributes.ts";
import { documentError, type Fields, isFields, parseDocument } from "./document-fields.ts";
import { keyIn } from "./node-path.ts";
import { parseArray2, parseArray3 } from "./parse-array.ts";
import type { ZarrArray } from "./zarr-array.ts";

export type ZarrNode =
  | {
      readonly kind: "group";
      readonly format: ZarrFormat;
      readonly path: string;
      readonly attributes: Attributes;
    }
  | { readonly kind: "array"; readonly format: ZarrFormat; readonly path: string; readonly array: ZarrArray };

async function readFields(store: Store, key: string): Promise<Fields | undefined> {
  const bytes = await store.get(key);
  return bytes === undefined ? undefined : parseDocument(`${store.url}/${key}`, bytes);
}

async function readNode3(store: Store, path: string): Promise<ZarrNode | undefined> {
  const key = keyIn(path, "zarr.json");
  const fields = await readFields(store, key);
  if (fields === undefined) return undefined;
  const where = `${store.url}/${key}`;
  if (fields.zarr_format !== 3)
    throw documentError(
      where,
      `its zarr_format is ${JSON.stringify(fields.zarr_format)}, where 3 was expected`,
    );
  if (fields.node_type === "array")
    return { kind: "array", format: 3, path, array: parseArray3(where, path, fields) };
  if (fields.node_type !== "group")
    throw documentError(where, `its node_type is ${JSON.stringify(fields.node_type)}`);
  const attributes = (isFields(fields.attributes) ? fields.attributes : {}) as Attributes;
  return { kind: "group", format: 3, path, attributes };
}

async function readNode2(store: Store, path: string): Promise<ZarrNode | undefined> {
  const arrayKey = keyIn(path, ".zarray");
  const [array, group, attributes = {}] = await Promise.all(
    [arrayKey, keyIn(path, ".zgroup"), keyIn(path, ".zattrs")].map((key) => readFields(store, key)),
  );
  if (array !== undefined)
    return {
      kind: "array",
      format: 2,
      path,
      array: parseArray2(`${store.url}/${arrayKey}`, path, array, attributes),
    };
  if (group === undefined) return undefined;
  return { kind: "group", format: 2, path, attributes: attributes as Attributes };
}

/**
 * The array or group at a path ("" is the root), of either version. Undefined where there is none. Throws
 * `DaqError("format")`, with the document's place, for one that is damaged or that is not known here.
 */
export async function readNode(store: Store, path: string): Promise<ZarrNode | undefined> {
  return (await readNode3(store, path)) ?? (await readNode2(store, path));
}
