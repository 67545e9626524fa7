import { toJson } from "../../../model/metadata.ts";

/** JSON. A `bigint` is written as digits; NaN and infinities, which JSON has not, as text. */
export type AttributeValue =
  | null
  | string
  | number
  | bigint
  | boolean
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

export type Attributes = { readonly [name: string]: AttributeValue };

/** Where xarray looks for the names of an array's dimensions in version 2. */
export const dimensionsKey = "_ARRAY_DIMENSIONS";

/** Of an array of texts: room for one, in bytes of UTF-8, which Zarr does not say. */
export const maxBytesKey = "max_bytes";

/** One metadata document of the hierarchy: its key in the store and what is in it. */
export type NodeDocument = { readonly key: string; readonly value: Attributes };

function speakable(value: AttributeValue): AttributeValue {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(speakable);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, speakable(item)]));
  return value;
}

/** The document as it is stored. In ASCII: zarr-python 2 refuses any other letter in `.zmetadata`. */
export function documentBytes({ value }: NodeDocument): Uint8Array {
  const json = toJson(speakable(value), 2);
  const ascii = json.replace(
    /[^\n\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return Buffer.from(`${ascii}\n`);
}
